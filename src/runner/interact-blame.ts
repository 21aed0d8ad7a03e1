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
 * Who is to blame for an interaction that failed.
 *
 * When a walltime was over: both, if each waited for the other's word; the other, if only the program that timed out
 * waited; else the program itself. Any other failure is the fault of the program that failed first: what the second
 * does without the first is a consequence. Nobody is to blame for what the caller ended.
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
