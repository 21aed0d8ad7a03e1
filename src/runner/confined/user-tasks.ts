import { readdirSync, readFileSync } from 'node:fs'

/** Room for threads that the test runner starts meanwhile. */
const HEADROOM = 16

/**
 * The number of threads that this user has, or may come to have, outside of a run. RLIMIT_NPROC counts them
 * all (setrlimit(2)), so a run's limit must be above it.
 *
 * @param runs the number of this user's other runs
 * @param processes the number of threads that each of them may have
 */
export function userTasks(runs: number, processes: number): number {
  const uid = `${process.geteuid?.()}`
  let tasks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = readStatus(name)
    if (/^Uid:\s*(\d+)/m.exec(status)?.[1] !== uid) continue
    tasks += Number(/^Threads:\s*(\d+)/m.exec(status)?.[1] ?? 1)
  }
  return tasks + HEADROOM + runs * processes
}

function readStatus(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return ''
  }
}
