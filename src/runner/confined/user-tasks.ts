import { readdirSync, readFileSync } from 'node:fs'

/** Room for what the user's other programs start meanwhile. */
const HEADROOM = 256

/**
 * How many threads this user has outside of a run, and may come to have: RLIMIT_NPROC counts them all
 * (setrlimit(2)), so a run's limit is above them.
 */
export function userTasks(): number {
  const uid = `${process.geteuid?.()}`
  let tasks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = readStatus(name)
    if (/^Uid:\s*(\d+)/m.exec(status)?.[1] !== uid) continue
    tasks += Number(/^Threads:\s*(\d+)/m.exec(status)?.[1] ?? 1)
  }
  return tasks + HEADROOM
}

function readStatus(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return ''
  }
}
