import { closeSync, constants, openSync } from 'node:fs'
import { LANDLOCK_CREATE_RULESET_VERSION, LOCK_NB } from '../linux/constants.ts'
import { syscallNumber } from '../linux/syscalls.ts'
import { cFunctions } from './c-library.ts'

const calls = cFunctions((declare) => ({
  syscall: declare('syscall', 'long', ['long', 'long', 'long', 'long']),
  setfsuid: declare('setfsuid', 'int', ['uint']),
  setfsgid: declare('setfsgid', 'int', ['uint']),
  flock: declare('flock', 'int', ['int', 'int']),
}))

/**
 * The version of the kernel's Landlock ABI, landlock_create_ruleset(2). The version is 0 if the kernel has no Landlock
 * or a filter denies the call.
 */
export function kernelLandlockAbi(): number {
  const number = syscallNumber('landlock_create_ruleset', 'x64')
  return Math.max(0, Number(calls().syscall(number, 0, 0, LANDLOCK_CREATE_RULESET_VERSION)))
}

/**
 * Calls a function with the file access of another user, setfsuid(2). During the call, this thread opens files as that
 * user. Only root may do this. The function is synchronous, because the ids belong to the thread.
 */
export function asFileUser<T>(uid: number, gid: number, look: () => T): T {
  const { setfsuid, setfsgid } = calls()
  const before = { gid: Number(setfsgid(gid)), uid: Number(setfsuid(uid)) }
  try {
    return look()
  } finally {
    setfsuid(before.uid)
    setfsgid(before.gid)
  }
}

/** LOCK_SH and LOCK_EX of sys/file.h. */
const OPERATIONS = { shared: 1, exclusive: 2 } as const

/**
 * Opens a directory and takes its lock without waiting, flock(2). The kernel releases the lock when the descriptor is
 * closed. The end of this process also closes the descriptor.
 *
 * @returns the descriptor; undefined when another process has the lock, or the directory does not exist
 */
export function lockDirectory(path: string, kind: keyof typeof OPERATIONS): number | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (calls().flock(fd, OPERATIONS[kind] | LOCK_NB) === 0) return fd
  closeSync(fd)
  return undefined
}
