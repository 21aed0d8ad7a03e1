import type { SandboxResult } from './result.ts'

/** How two programs that talked to each other ended. */
export interface Ending {
  readonly endedFirst: 0 | 1
  /** Whether each had read all that the other wrote, when the first ended. */
  readonly waitedForInput: readonly [boolean, boolean]
}

type Ended = Pick<SandboxResult, 'status' | 'exitCode' | 'usage'>

/** A program that waits for input uses the processor for less than this share of its time. */
const IDLE_SHARE = 1 / 4

// On a busy machine a program that computes waits for a processor for most of the time.
const isIdle = ({ usage: { cpuTimeMs, waitTimeMs = 0, wallTimeMs } }: Ended): boolean =>
  cpuTimeMs + waitTimeMs < wallTimeMs * IDLE_SHARE

const hasFailed = ({ status, exitCode }: Ended): boolean => status !== 'exited' || exitCode !== 0

/**
 * The programs to blame for a failed interaction.
 *
 * At a walltime, both are to blame if each waited for the other's message. The other program is to blame if only the
 * program that timed out waited, and otherwise the program itself. Any other failure is the fault of the program that
 * failed first, because the end of the second is a consequence. An interaction that the caller ended is nobody's fault.
 */
export function blameOf(
  results: readonly [Ended, Ended],
  { endedFirst, waitedForInput }: Ending,
): readonly (0 | 1)[] {
  const other = endedFirst === 0 ? 1 : 0
  const waited = (index: 0 | 1) => waitedForInput[index] && isIdle(results[index])
  const first = results[endedFirst]
  if (first.status === 'aborted') return []
  if (first.status === 'walltime' && waited(endedFirst)) return waited(other) ? [0, 1] : [other]
  if (hasFailed(first)) return [endedFirst]
  return hasFailed(results[other]) && results[other].status !== 'aborted' ? [other] : []
}
