import { isMainThread } from 'node:worker_threads'
import { registerPool } from '../active.ts'

/** Descriptors that this thread keeps without a run, for later runs. */
export interface Kept {
  /** Closes the descriptors that no run uses. */
  readonly close: () => void
}

const all = new Set<Kept>()
let forget = () => {}

/**
 * Notes that this thread keeps descriptors. `endActiveRuns()`, the pool's end and the end of a worker thread close the
 * descriptors. At the end of a process, no call is necessary.
 */
export function noteKept(kept: Kept): void {
  if (all.size === 0) {
    const unregister = registerPool({ onIdle: () => {}, end: async () => closeKept() })
    if (!isMainThread) process.once('exit', closeKept)
    forget = () => {
      unregister()
      process.off('exit', closeKept)
    }
  }
  all.add(kept)
}

/** Closes all descriptors that this thread keeps without a run. */
export function closeKept(): void {
  forget()
  for (const kept of all) kept.close()
  all.clear()
}
