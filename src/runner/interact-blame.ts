import type { Activity } from './interact-activity.ts'
import type { SandboxResult } from './result.ts'

/** The state of two programs that talked to each other, when the first of them ended. */
export interface FirstEnd extends Activity {
  readonly endedFirst: 0 | 1
  /** Whether each program had read all that the other program wrote, when the first program ended. */
  readonly waitedForInput: readonly [boolean, boolean]
  /** Whether both ran on the same processor. */
  readonly shared: boolean
}

/** How two programs that talked to each other ended. */
export interface Ending extends FirstEnd {
  /** When each ended, on one clock; undefined for a program that did not start. */
  readonly endedMs: readonly [number | undefined, number | undefined]
}

type Ended = Pick<SandboxResult, 'status' | 'exitCode' | 'usage'>

/**
 * A share of the walltime, for a program whose activity Gradebox could not observe. Such a program has computed if it
 * used the processor, or waited for the processor, for more than this share.
 */
const BUSY_SHARE = 1 / 4
/**
 * The other program is to blame for a walltime only if its last silence took this share of the walltime. Otherwise, a
 * program that asks questions without end could blame the other one for the answer to the last question.
 */
const SILENT_SHARE = 1 / 4

const hasFailed = ({ status, exitCode }: Ended): boolean => status !== 'exited' || exitCode !== 0

/**
 * The programs to blame for a failed interaction.
 *
 * When a program reaches its walltime, both are to blame if each waited for the other's message. If only the program
 * that timed out waited, the other program is to blame. Otherwise, the program that timed out is to blame. Any other
 * failure is the fault of the program that failed first, because the end of the second is a consequence. An interaction
 * that the caller ended is nobody's fault.
 */
export function blameOf(results: readonly [Ended, Ended], ending: Ending): readonly (0 | 1)[] {
  const { endedFirst } = ending
  const other = endedFirst === 0 ? 1 : 0
  const first = results[endedFirst]
  if (first.status === 'aborted') return []
  if (first.status === 'walltime') return blameForWalltime(results, ending)
  if (hasFailed(first)) return [endedFirst]
  return hasFailed(results[other]) && results[other].status !== 'aborted' ? [other] : []
}

function blameForWalltime(results: readonly [Ended, Ended], ending: Ending): readonly (0 | 1)[] {
  const { endedFirst, waitedForInput, computed, silentMs, shared, endedMs } = ending
  const other = endedFirst === 0 ? 1 : 0
  const { cpuTimeMs, wallTimeMs } = results[endedFirst].usage
  // A program that still runs after the end of the other one is to blame for its own walltime.
  const [ended = Infinity, otherEnded = Infinity] = [endedMs[endedFirst], endedMs[other]]
  if (results[other].status !== 'walltime' && otherEnded < ended) return [endedFirst]
  const readyMs = ({ usage }: Ended) => usage.cpuTimeMs + (usage.waitTimeMs ?? 0)
  const hasComputed = (index: 0 | 1) =>
    computed[index] ?? readyMs(results[index]) > wallTimeMs * BUSY_SHARE
  const waited = (index: 0 | 1) => waitedForInput[index] && !hasComputed(index)
  if (waited(endedFirst)) {
    if (waited(other)) return [0, 1]
    return [silentMs < wallTimeMs * SILENT_SHARE ? endedFirst : other]
  }
  // A program that keeps the shared processor busy delays the other one.
  const wasDelayed = shared && hasComputed(other) && results[other].usage.cpuTimeMs > cpuTimeMs
  return [wasDelayed ? other : endedFirst]
}
