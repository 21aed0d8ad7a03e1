import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))
// Errors that the launch program can meet, and that Node's table does not contain.
names.set(126, 'ENOKEY').set(132, 'ERFKILL').set(15, 'ENOTBLK')
// EWOULDBLOCK and EOPNOTSUPP are second names of these two errors.
names.set(11, 'EAGAIN').set(95, 'ENOTSUP')

/** An error number's name: `ENOENT`. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`
}

// The words of strerror(3), for errors that Node's table does not contain.
const words: Readonly<Record<string, string>> = {
  ENOEXEC: 'exec format error',
  ECHILD: 'no child processes',
  EDEADLK: 'resource deadlock avoided',
  ENOTBLK: 'block device required',
  ENOKEY: 'required key not available',
  EUSERS: 'too many users',
  ESTALE: 'stale file handle',
  EDQUOT: 'disk quota exceeded',
  EBADFD: 'file descriptor in bad state',
  ENOSR: 'out of streams resources',
  ENOSTR: 'device not a stream',
  ENODATA: 'no data available',
  ETIME: 'timer expired',
  ENOLINK: 'link has been severed',
  EMULTIHOP: 'multihop attempted',
  EBADMSG: 'bad message',
  EIDRM: 'identifier removed',
  ENOMSG: 'no message of desired type',
  ENOLCK: 'no locks available',
  ERFKILL: 'operation not possible due to RF-kill',
}

/** An error number in words: `no such file or directory`. */
export function errnoText(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? words[errnoName(errno)] ?? `error number ${errno}`
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
