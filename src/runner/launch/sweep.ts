import { sweepEndedThreads, sweepWhenWorkersEnd } from '../../ffi/ended-threads.ts'
import { recordAt } from '../../launcher/report/parse-report.ts'
import { removeStaleV1Groups } from '../../limits/cgroup/v1.ts'

function initIn(report: Buffer): number | undefined {
  const first = recordAt(report, 0)?.record
  return first?.kind === 'started' ? first.init : undefined
}

/**
 * Closes the descriptors that ended threads of this process left open. Waits for the processes of these threads'
 * sandboxes.
 */
export const sweepThreads = (): void => sweepEndedThreads(initIn)

let isListening = false

/**
 * Calls {@link sweepThreads} when a worker thread of this thread ends, and removes the control groups of ended threads.
 */
export function sweepEndingWorkers(): void {
  if (isListening) return
  isListening = true
  sweepWhenWorkersEnd(initIn, removeStaleV1Groups)
}
