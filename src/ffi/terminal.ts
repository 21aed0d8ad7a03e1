import { TIOCSWINSZ } from '../linux/constants.ts'
import { ErrnoError } from '../linux/errno.ts'
import { cFunctions } from './c-library.ts'

const libc = cFunctions((declare) => ({
  ioctl: declare('ioctl', 'int', ['int', 'ulong', 'void *']),
}))

/** struct winsize of asm-generic/termios.h, without pixels. */
export function windowSize({ rows, columns }: WindowSize): Buffer {
  const size = Buffer.alloc(8)
  size.writeUInt16LE(rows & 0xffff, 0)
  size.writeUInt16LE(columns & 0xffff, 2)
  return size
}

/** A terminal's size in characters. */
export interface WindowSize {
  readonly rows: number
  readonly columns: number
}

/**
 * Sets a terminal's size, TIOCSWINSZ of ioctl_tty(2). The terminal's foreground processes get SIGWINCH.
 *
 * @param fd either side of a pseudo-terminal
 * @throws {ErrnoError} EIO when the terminal no longer exists
 */
export function setWindowSize(fd: number, size: WindowSize): void {
  if (libc().ioctl(fd, TIOCSWINSZ, windowSize(size)) === 0) return
  throw new ErrnoError('ioctl', libc().koffi.errno(), `${fd}, TIOCSWINSZ`)
}
