import { formatDuration } from '../../units/duration.ts'
import type { SandboxUsage } from '../result.ts'

/** Whether a program spent most of its time waiting for a processor. */
const isStarved = ({
  wallTimeMs,
  waitTimeMs = 0,
}: {
  readonly wallTimeMs: number
  readonly waitTimeMs?: number | undefined
}): boolean => waitTimeMs > wallTimeMs / 2

/**
 * Whether a run reached its walltime because it waited for a processor. The wait does not matter to a run that ended
 * within its walltime.
 */
export const wasStarved = ({
  status,
  usage,
}: {
  readonly status: string
  readonly usage: Parameters<typeof isStarved>[0]
}): boolean => status === 'walltime' && isStarved(usage)

/** The words about the wait in the reason of a run that reached its walltime; empty if the run did not wait long. */
export function starvation(usage: SandboxUsage): string {
  if (!isStarved(usage)) return ''
  return `, but waited for a processor for ${formatDuration(usage.waitTimeMs ?? 0)} of that: the machine was too busy to judge it`
}
