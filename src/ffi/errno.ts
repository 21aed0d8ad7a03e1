import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))
// Those that Node's table leaves out and the launch program can meet.
names.set(126, 'ENOKEY').set(132, 'ERFKILL').set(15, 'ENOTBLK')
// EWOULDBLOCK and EOPNOTSUPP are second names of these.
names.set(11, 'EAGAIN').set(95, 'ENOTSUP')

/** An error number's name: `ENOENT`. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`
}

/** An error number in words: `no such file or directory`. */
export function errnoText(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `error number ${errno}`
}

/** A failed call of the C library. */
export class ErrnoError extends Error {
  override readonly name = 'ErrnoError'
  /** The error's name: `EMFILE`. */
  readonly code: string
  readonly errno: number
  /** The function that failed: `memfd_create`. */
  readonly syscall: string

  constructor(syscall: string, errno: number, detail = '') {
    super(`${syscall}(${detail}): ${errnoName(errno)}: ${errnoText(errno)}`)
    this.code = errnoName(errno)
    this.errno = errno
    this.syscall = syscall
  }
}
