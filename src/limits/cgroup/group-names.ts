import { existsSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'

/** The name of a run's group: `gradebox-PID-THREAD-N`. THREAD is the kernel's id of the thread. */
const RUN_GROUP = /^gradebox-(\d+)-(\d+)-\d+$/

let groups = 0
let thread: string | undefined

/** A name for the next run's group. */
export function groupName(): string {
  thread ??= basename(readlinkSync('/proc/thread-self'))
  groups++
  return `gradebox-${process.pid}-${thread}-${groups}`
}

/** Removes the groups of test runners and threads that ended before they could clean up. */
export function removeStale(path: string): void {
  for (const name of readdirSync(path)) {
    const [, pid, owner] = RUN_GROUP.exec(name) ?? []
    if (pid === undefined || existsSync(`/proc/${pid}/task/${owner}`)) continue
    try {
      rmdirSync(join(path, name))
    } catch {
      // The group's processes have not ended yet. The next test runner removes the group when it is empty.
    }
  }
}

/** The error for a group that Gradebox could not make. */
export function groupError(cause: NodeJS.ErrnoException, path: string): SandboxError {
  const { code = 'EIO', syscall = 'write' } = cause
  const call = `${syscall}(${JSON.stringify(cause.path ?? path)})`
  return new SandboxError(`A control group for the run could not be made: ${call}: ${code}`, {
    code: 'LIMIT_UNAVAILABLE',
    step: { syscall, call, errno: code, process: 'spawn' },
    hint: 'Has the delegated group reached its own limit of groups (cgroup.max.descendants)?',
    cause,
  })
}
