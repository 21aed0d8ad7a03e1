import type { FeedbackLanguage } from '../../feedback/feedback-texts.ts'
import type { InteractionHandle } from '../../runner/interact.ts'
import { checkCommand } from '../../runner/options/check-options.ts'
import { getDefaults } from '../../runner/options/defaults.ts'
import { sandboxed } from '../../runner/sandboxed.ts'
import { busyMachineError, STARVED_RETRIES } from '../busy-machine.ts'
import type { BuiltProgram } from '../languages/build.ts'
import { limitsFor } from '../languages/language-limits.ts'
import type { ReportAttempt } from '../report/report-schema.ts'
import type {
  AssignmentOptions,
  GradingContext,
  InteractOptions,
  JudgeProgram,
  RunOptions,
} from './assignment-options.ts'
import type { GradedTestDeclaration } from './declared.ts'
import { busyInteraction, checkJudge, interactAgain, recordedInteraction } from './interaction.ts'
import type { Prepared } from './prepare-submission.ts'
import type { Recorder } from './recorder.ts'

/** The inputs for judging a test of one submission. */
export interface Judging<Expect> {
  readonly test: GradedTestDeclaration<Expect>
  readonly prepared: Prepared
  readonly options: Pick<AssignmentOptions, 'limits'>
  readonly language: FeedbackLanguage
  /** Returns the test's `expect`. The context calls this function only when the test reads `expect`. */
  readonly expect: () => Expect
  /** Returns the assertions that failed and did not end the test (`expect.soft`). */
  readonly softFailures: () => readonly unknown[]
  readonly earlier: readonly ReportAttempt[]
}

/** `gradebox calibrate` sets this variable, because that command runs one program at a time on the machine. */
export const EXCLUSIVE_VARIABLE = 'GRADEBOX_EXCLUSIVE'

/** Makes the argument of a test's function, for one submission. */
export function contextOf<Expect>(
  judging: Judging<Expect>,
  program: BuiltProgram,
  recorder: Recorder,
): GradingContext<Expect> {
  const run = (options: RunOptions = {}) => {
    const { command, args, ...others } = programRun(judging, program, options)
    const { stdin } = options
    const retryWhenStarved = isRepeatable(stdin) ? STARVED_RETRIES : 0
    const handle = sandboxed(command, args, { retryWhenStarved, ...others })
    recorder.record(handle, (result) => [
      { result, stdin: typeof stdin === 'string' ? stdin : undefined },
    ])
    return judgeable(handle, (result) => {
      const busy = busyMachineError('the program', result)
      if (busy !== undefined) throw busy
    })
  }
  return {
    submission: judging.prepared.submission,
    get expect() {
      return judging.expect()
    },
    award: (points, message) => recorder.award(points, message),
    run,
    interact: (judge, options = {}) =>
      interactWith(judge, programRun(judging, program, options), recorder),
  }
}

function isRepeatable(stdin: RunOptions['stdin']): boolean {
  if (stdin === 'pipe' || stdin === 'inherit') return false
  return (
    stdin === undefined ||
    typeof stdin === 'string' ||
    stdin instanceof Uint8Array ||
    stdin instanceof URL
  )
}

/**
 * Returns a handle whose promise is rejected for a result that cannot be judged. The new handle has the streams and
 * methods of `handle`.
 */
function judgeable<Handle extends Promise<unknown>>(
  handle: Handle,
  check: (result: Awaited<Handle>) => void,
): Handle {
  const checked = (handle as Promise<Awaited<Handle>>).then((result) => {
    check(result)
    return result
  })
  // A test may start a run and never wait for the promise. This handler then prevents an unhandled rejection.
  checked.catch(() => {})
  return Object.defineProperties(checked, Object.getOwnPropertyDescriptors(handle)) as Handle
}

function interactWith(
  { verdicts, ...judge }: JudgeProgram,
  program: ReturnType<typeof programRun>,
  recorder: Recorder,
): InteractionHandle {
  const handle = interactAgain(judge, program, (reason) => recorder.noteRepetition(reason))
  recorder.record(handle, recordedInteraction)
  return judgeable(handle, (interaction) => {
    const busy = busyInteraction(interaction)
    if (busy !== undefined) throw busy
    checkJudge(interaction, verdicts)
  })
}

/** The options of `sandboxed()` for a run of the submission's program. */
function programRun<Expect>(
  { test, options }: Judging<Expect>,
  program: BuiltProgram,
  { args = [], limits: own, ...others }: RunOptions | InteractOptions,
) {
  const limits = limitsFor(
    program.language,
    [getDefaults().limits, options.limits],
    [test.limits, own],
  )
  const [command, ...before] = program.command(limits)
  checkCommand(command, args)
  const { policy = 'strict' } = program.language
  return {
    command,
    args: [...before, ...args],
    policy,
    ...others,
    workdir: program.directory,
    limits,
    ...(process.env[EXCLUSIVE_VARIABLE] === '1' ? { exclusive: true } : {}),
  }
}
