import {
  AF_UNIX,
  EAGAIN,
  EINTR,
  MSG_CMSG_CLOEXEC,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_STREAM,
} from '../linux/constants.ts'
import { ErrnoError } from '../linux/errno.ts'
import { cFunctions } from './c-library.ts'
import { noteDescriptor } from './ended-threads.ts'
import { aboveLaunchers, closeDescriptor } from './libc.ts'

const libc = cFunctions((declare) => ({
  socketpair: declare('socketpair', 'int', ['int', 'int', 'int', 'void *']),
  recvmsg: declare('recvmsg', 'long', ['int', 'void *', 'int']),
}))

/**
 * Makes a pair of connected sockets that can pass descriptors, socketpair(2). Both are closed on exec and
 * numbered 10 or higher.
 *
 * @throws {ErrnoError} EMFILE when the process has too many descriptors
 */
export function makeSocketPair(): readonly [number, number] {
  const ends = new Int32Array(2)
  const result = libc().socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
  if (result !== 0) throw new ErrnoError('socketpair', libc().koffi.errno())
  const [ours = -1, theirs = -1] = ends
  const higher = aboveLaunchers(ours)
  try {
    return [higher, aboveLaunchers(theirs)]
  } catch (error) {
    closeDescriptor(higher)
    throw error
  }
}

/** sizeof(struct msghdr), and CMSG_SPACE(sizeof(int)) of cmsg(3). */
const MSGHDR_SIZE = 56
const CONTROL_SIZE = 24

/** A struct msghdr with room for one byte and one descriptor. */
class Message {
  readonly header = Buffer.alloc(MSGHDR_SIZE)
  readonly #byte = Buffer.alloc(1)
  readonly #vector = Buffer.alloc(16)
  readonly #control = Buffer.alloc(CONTROL_SIZE)

  constructor() {
    const { koffi } = libc()
    this.#vector.writeBigUInt64LE(koffi.address(this.#byte), 0)
    this.#vector.writeBigUInt64LE(1n, 8)
    this.header.writeBigUInt64LE(koffi.address(this.#vector), 16)
    this.header.writeBigUInt64LE(1n, 24)
    this.header.writeBigUInt64LE(koffi.address(this.#control), 32)
    this.header.writeBigUInt64LE(BigInt(CONTROL_SIZE), 40)
  }

  /** The received descriptor. The kernel wrote the length of the control data. */
  get descriptor(): number | undefined {
    return this.header.readBigUInt64LE(40) >= 20n ? this.#control.readInt32LE(16) : undefined
  }
}

/**
 * Waits, without blocking this thread, for a descriptor from a socket (unix(7), SCM_RIGHTS).
 *
 * @returns the descriptor, closed on exec; undefined when the other end was closed
 */
export function receiveDescriptor(socket: number): Promise<number | undefined> {
  const message = new Message()
  const { recvmsg } = libc()
  return new Promise((resolve, reject) => {
    recvmsg.async(
      socket,
      message.header,
      MSG_CMSG_CLOEXEC,
      (error: unknown, received: number | bigint) => {
        if (error != null) return reject(error)
        resolve(Number(received) > 0 ? message.descriptor : undefined)
      },
    )
  })
}

/**
 * Takes a descriptor that was already sent through a socket; never waits.
 *
 * @returns the descriptor, closed on exec; undefined when none was sent
 * @throws {ErrnoError} EBADF when the socket is not open
 */
export function takeDescriptor(socket: number): number | undefined {
  const message = new Message()
  const { koffi, recvmsg } = libc()
  let received: number
  do received = Number(recvmsg(socket, message.header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT))
  while (received < 0 && koffi.errno() === EINTR)
  const { descriptor } = message
  if (received > 0) return descriptor === undefined ? undefined : noteDescriptor(descriptor)
  const errno = koffi.errno()
  if (received < 0 && errno !== EAGAIN) throw new ErrnoError('recvmsg', errno, `${socket}`)
  return undefined
}
