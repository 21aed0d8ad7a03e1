import type { FeedbackLanguage } from '../../feedback/feedback-texts.ts'
import { type InteractionHandle, interact } from '../../runner/interact.ts'
import { getDefaults } from '../../runner/options/defaults.ts'
import { sandboxed } from '../../runner/sandboxed.ts'
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
import { checkJudge, recordedInteraction } from './interaction.ts'
import type { Prepared } from './prepare-submission.ts'
import type { Recorder } from './recorder.ts'

/** The inputs for judging a test of one submission. */
export interface Judging<Expect> {
  readonly test: GradedTestDeclaration<Expect>
  readonly prepared: Prepared
  readonly options: Pick<AssignmentOptions, 'limits'>
  readonly language: FeedbackLanguage
  /** The `expect` of the test, made when the test's function asks for it. */
  readonly expect: () => Expect
  /** Assertions that failed without ending the test (`expect.soft`). */
  readonly softFailures: () => readonly unknown[]
  readonly earlier: readonly ReportAttempt[]
}

/** Set by `gradebox calibrate`, where each run has the machine for itself. */
export const EXCLUSIVE_VARIABLE = 'GRADEBOX_EXCLUSIVE'

/** Makes the argument of a test's function, for one submission. */
export function contextOf<Expect>(
  judging: Judging<Expect>,
  program: BuiltProgram,
  recorder: Recorder,
): GradingContext<Expect> {
  const run = (options: RunOptions = {}) => {
    const { command, args, ...others } = programRun(judging, program, options)
    const handle = sandboxed(command, args, others)
    const { stdin } = options
    recorder.record(handle, (result) => [
      { result, stdin: typeof stdin === 'string' ? stdin : undefined },
    ])
    return handle
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

function interactWith(
  { verdicts, ...judge }: JudgeProgram,
  program: ReturnType<typeof programRun>,
  recorder: Recorder,
): InteractionHandle {
  const handle = interact(judge, program)
  recorder.record(handle, recordedInteraction)
  const checked = handle.then((interaction) => {
    checkJudge(interaction, verdicts)
    return interaction
  })
  return Object.assign(checked, { kill: () => handle.kill() })
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
