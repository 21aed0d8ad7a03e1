import {
  EACCES,
  EAGAIN,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
} from '../linux/constants.ts'
import { ErrnoError } from '../linux/errno.ts'
import { cFunctions } from './c-library.ts'

/** The bytes of a file that a lock covers; a length of 0 means all bytes from the start. */
export interface LockRange {
  readonly start: bigint
  readonly length: bigint
}

/** Several read locks can share a range. A write lock excludes every other lock. */
export type LockKind = 'read' | 'write'

const libc = cFunctions((declare) => ({
  // fcntl(2) is variadic. For the commands in this file, the third argument is a pointer.
  fcntl: declare('fcntl', 'int', ['int', 'int', 'void *']),
}))

// struct flock of fcntl(2), 64 bit: l_type and l_whence are 16 bits, l_start and l_len 64, l_pid 32.
const LAYOUT = { size: 32, type: 0, start: 8, length: 16 } as const
const bytes = new Uint8Array(LAYOUT.size)
const view = new DataView(bytes.buffer)

function call(fd: number, command: number, type: number, { start, length }: LockRange): boolean {
  bytes.fill(0)
  view.setInt16(LAYOUT.type, type, true)
  view.setBigInt64(LAYOUT.start, start, true)
  view.setBigInt64(LAYOUT.length, length, true)
  if (libc().fcntl(fd, command, bytes) >= 0) return true
  const errno: number = libc().koffi.errno()
  if (command === F_OFD_SETLK && (errno === EAGAIN || errno === EACCES)) return false
  throw new ErrnoError(
    'fcntl',
    errno,
    `${fd}, ${command === F_OFD_SETLK ? 'F_OFD_SETLK' : 'F_OFD_GETLK'}`,
  )
}

/**
 * Locks bytes of a file for the open file description of `fd`, without waiting: fcntl(2), F_OFD_SETLK. The kernel
 * releases the locks when the last descriptor of the description is closed. The end of a process closes its descriptors
 * too.
 *
 * @returns whether the range is now locked; false when another description has a lock
 * @throws {ErrnoError} EINVAL when the kernel has no such locks; ENOLCK
 */
export const lockRange = (fd: number, kind: LockKind, range: LockRange): boolean =>
  call(fd, F_OFD_SETLK, kind === 'read' ? F_RDLCK : F_WRLCK, range)

/** Unlocks a range. */
export function unlockRange(fd: number, range: LockRange): void {
  call(fd, F_OFD_SETLK, F_UNLCK, range)
}

/**
 * Whether another open file description has a conflicting lock: fcntl(2), F_OFD_GETLK.
 *
 * @throws {ErrnoError} EINVAL when the kernel has no such locks
 */
export function isRangeTaken(fd: number, kind: LockKind, range: LockRange): boolean {
  call(fd, F_OFD_GETLK, kind === 'read' ? F_RDLCK : F_WRLCK, range)
  return view.getInt16(LAYOUT.type, true) !== F_UNLCK
}
