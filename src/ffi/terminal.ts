import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  TIOCSWINSZ,
} from '../linux/constants.ts'
import { ErrnoError } from '../linux/errno.ts'
import { type CFunction, cLibrary } from './c-library.ts'

interface Libc {
  readonly koffi: ReturnType<typeof cLibrary>['koffi']
  readonly ioctl: CFunction
  readonly socketpair: CFunction
  readonly recvmsg: CFunction
}

let loaded: Libc | undefined

function libc(): Libc {
  if (loaded !== undefined) return loaded
  const { koffi, library } = cLibrary()
  loaded = {
    koffi,
    ioctl: library.func('ioctl', 'int', ['int', 'ulong', 'void *']),
    socketpair: library.func('socketpair', 'int', ['int', 'int', 'int', 'void *']),
    recvmsg: library.func('recvmsg', 'long', ['int', 'void *', 'int']),
  }
  return loaded
}

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
 * Tells a terminal its size, TIOCSWINSZ of ioctl_tty(2): its foreground processes get SIGWINCH.
 *
 * @param fd either side of a pseudo-terminal
 * @throws {ErrnoError} EIO when it is gone
 */
export function setWindowSize(fd: number, size: WindowSize): void {
  if (libc().ioctl(fd, TIOCSWINSZ, windowSize(size)) === 0) return
  throw new ErrnoError('ioctl', libc().koffi.errno(), `${fd}, TIOCSWINSZ`)
}

/**
 * Makes a pair of connected sockets, socketpair(2), through which a descriptor can be passed; both
 * closed on exec.
 *
 * @throws {ErrnoError} EMFILE when the process has too many descriptors
 */
export function makeSocketPair(): readonly [number, number] {
  const ends = new Int32Array(2)
  const result = libc().socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
  if (result !== 0) throw new ErrnoError('socketpair', libc().koffi.errno())
  return [ends[0] ?? -1, ends[1] ?? -1]
}

/** sizeof(struct msghdr), and CMSG_SPACE(sizeof(int)) of cmsg(3). */
const MSGHDR_SIZE = 56
const CONTROL_SIZE = 24

/**
 * Waits, without blocking this thread, for a descriptor that is passed through a socket (unix(7),
 * SCM_RIGHTS).
 *
 * @returns the descriptor, closed on exec; undefined when the other end was closed
 */
export function receiveDescriptor(socket: number): Promise<number | undefined> {
  const { koffi, recvmsg } = libc()
  const byte = Buffer.alloc(1)
  const vector = Buffer.alloc(16)
  vector.writeBigUInt64LE(koffi.address(byte), 0)
  vector.writeBigUInt64LE(1n, 8)
  const control = Buffer.alloc(CONTROL_SIZE)
  const message = Buffer.alloc(MSGHDR_SIZE)
  message.writeBigUInt64LE(koffi.address(vector), 16)
  message.writeBigUInt64LE(1n, 24)
  message.writeBigUInt64LE(koffi.address(control), 32)
  message.writeBigUInt64LE(BigInt(CONTROL_SIZE), 40)
  return new Promise((resolve, reject) => {
    recvmsg.async(
      socket,
      message,
      MSG_CMSG_CLOEXEC,
      (error: unknown, received: number | bigint) => {
        if (error != null) return reject(error)
        // The kernel wrote how much of the control data there is; the buffers live as long as this closure.
        const found = message.readBigUInt64LE(40) >= 20n && vector.length > 0 && byte.length > 0
        resolve(Number(received) > 0 && found ? control.readInt32LE(16) : undefined)
      },
    )
  })
}
