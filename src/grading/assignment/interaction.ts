import { SandboxError } from '../../errors/sandbox-error.ts'
import {
  type Interaction,
  type InteractionHandle,
  type InteractiveProgram,
  interact,
} from '../../runner/interact.ts'
import { busyMachineError, STARVED_RETRIES } from '../busy-machine.ts'
import type { RecordedRun } from './messages.ts'

/** The number of last lines of the judge's stderr that the staff can read. */
const mostLines = 5

/** The records of an interaction: the judge's run, which students cannot read, and the program's run. */
export function recordedInteraction(interaction: Interaction): RecordedRun[] {
  const [judge, program] = interaction.results
  const { deadlock, blame } = interaction
  return [
    { result: judge, stdin: undefined, ofJudge: true },
    {
      result: program,
      stdin: judge.stdout,
      blame: deadlock ? 'deadlock' : blame.includes(1) ? 'program' : 'none',
    },
  ]
}

/**
 * The error for an interaction in which a program waited for a processor until its walltime limit. When the program
 * that ended first reached its walltime limit, the end of the other program proves nothing.
 */
export function busyInteraction({ results, endedFirst }: Interaction): SandboxError | undefined {
  const [judge, program] = results
  const firstTimedOut = results[endedFirst].status === 'walltime'
  const decisive = firstTimedOut === (endedFirst === 0) ? judge : program
  if (decisive === program) return busyMachineError('the program', program)
  // On a machine with one processor, the judge also waits while the submission runs.
  const waitTimeMs = Math.max(0, (judge.usage.waitTimeMs ?? 0) - program.usage.cpuTimeMs)
  return busyMachineError('the judge', { ...judge, usage: { ...judge.usage, waitTimeMs } })
}

/**
 * Runs two programs that talk to each other. Repeats the interaction when the machine was too busy.
 *
 * @param onRepetition called with the reason for each repetition
 */
export function interactAgain(
  judge: InteractiveProgram,
  program: InteractiveProgram,
  onRepetition: (reason: string) => void,
): InteractionHandle {
  let current: InteractionHandle | undefined
  const start = async (): Promise<Interaction> => {
    for (let left = STARVED_RETRIES; ; left--) {
      current = interact(judge, program)
      const interaction = await current
      const busy = busyInteraction(interaction)
      if (busy === undefined || left === 0) return interaction
      onRepetition(busy.message)
    }
  }
  return Object.assign(start(), { kill: () => current?.kill() })
}

/**
 * Throws when the judge itself failed, because a crash of the teacher's program is not the student's fault.
 *
 * @param verdicts the exit codes that are the judge's verdicts; if undefined, every exit code is a verdict
 * @throws {SandboxError} JUDGE_FAILED
 */
export function checkJudge(interaction: Interaction, verdicts?: readonly number[]): void {
  const [{ stderr }] = interaction.results
  const fault = judgesFault(interaction, verdicts)
  if (fault === undefined) return
  const lines = stderr.trimEnd().split('\n').slice(-mostLines)
  throw new SandboxError([`The judge failed: ${fault}`, ...lines.filter((line) => line !== '')], {
    code: 'JUDGE_FAILED',
    hint: 'Correct the judge, and grade again.',
  })
}

function judgesFault(
  { results, blame, endedFirst }: Interaction,
  verdicts: readonly number[] | undefined,
): string | undefined {
  const [{ status, exitCode = -1, signal, reason }, program] = results
  const isLate = endedFirst === 1 && program.status === 'walltime'
  if (isLate && blame.length === 1 && blame[0] === 0) {
    return 'the submission waited for it until the walltime limit'
  }
  if (status === 'aborted' || blame.includes(1)) return undefined
  if (status === 'exited') {
    if (verdicts?.includes(exitCode) ?? true) return undefined
    return `${reason}; its verdicts are the exit codes ${verdicts?.join(', ')}`
  }
  // A judge may write to a program that has already ended. Such a write is no fault of the judge.
  const wroteToTheEnd = endedFirst === 1 && (signal === 'SIGPIPE' || status === 'output')
  return wroteToTheEnd ? undefined : reason
}
