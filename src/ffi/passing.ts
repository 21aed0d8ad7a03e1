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
import { aboveLaunchers, closeDescriptor, whenReadable } from './libc.ts'
import { openListed, openPairListed } from './thread-list.ts'

const libc = cFunctions((declare) => ({
  socketpair: declare('socketpair', 'int', ['int', 'int', 'int', 'void *']),
  recvmsg: declare('recvmsg', 'long', ['int', 'void *', 'int']),
}))

/**
 * Makes a pair of connected sockets that can pass descriptors, socketpair(2). Both sockets are closed on exec, and
 * their numbers are 10 or higher.
 *
 * @throws {ErrnoError} EMFILE when the process has too many descriptors
 */
export function makeSocketPair(): readonly [number, number] {
  const ends = new Int32Array(2)
  const { socketpair } = libc()
  const result = openPairListed(ends, () =>
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
  )
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

/** The offset of the descriptor in the control data, in words of 32 bits. */
const DESCRIPTOR_WORD = 4
/** The offset in struct msghdr of the control data's length, which the kernel writes. */
const CONTROL_LENGTH = 40

/** A struct msghdr with room for one byte and one descriptor. */
class Message {
  readonly header = Buffer.alloc(MSGHDR_SIZE)
  readonly control = new Int32Array(CONTROL_SIZE / 4)
  readonly #byte = Buffer.alloc(1)
  readonly #vector = Buffer.alloc(16)

  constructor() {
    const { koffi } = libc()
    // The value -1 means no descriptor. The kernel replaces this value if it passes a descriptor.
    this.control[DESCRIPTOR_WORD] = -1
    this.#vector.writeBigUInt64LE(koffi.address(this.#byte), 0)
    this.#vector.writeBigUInt64LE(1n, 8)
    this.header.writeBigUInt64LE(koffi.address(this.#vector), 16)
    this.header.writeBigUInt64LE(1n, 24)
    this.header.writeBigUInt64LE(koffi.address(this.control), 32)
    this.header.writeBigUInt64LE(BigInt(CONTROL_SIZE), CONTROL_LENGTH)
  }
}

/** The longest single wait for a descriptor, in ms. A terminated worker thread ends only after this wait. */
const WAIT_MS = 500

/**
 * Waits, without blocking this thread, for a descriptor from a socket (unix(7), SCM_RIGHTS).
 *
 * @returns the descriptor, closed on exec; undefined when the other end was closed
 */
export async function receiveDescriptor(socket: number): Promise<number | undefined> {
  while (!(await whenReadable(socket, WAIT_MS))) {}
  return takeDescriptor(socket)
}

/**
 * Takes a descriptor that another process has already sent through a socket. This function never waits.
 *
 * @returns the descriptor, closed on exec; undefined when no descriptor was sent
 * @throws {ErrnoError} EBADF when the socket is not open
 */
export function takeDescriptor(socket: number): number | undefined {
  const { koffi, recvmsg } = libc()
  // The kernel writes to all parts of the message, so the whole object must exist until the call has returned.
  const message = new Message()
  let received = 0
  const take = () => {
    received = Number(recvmsg(socket, message.header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT))
    return message.control[DESCRIPTOR_WORD] as number
  }
  let descriptor: number
  do descriptor = openListed(take)
  while (received < 0 && koffi.errno() === EINTR)
  if (descriptor >= 0) return descriptor
  const errno = koffi.errno()
  if (received < 0 && errno !== EAGAIN) throw new ErrnoError('recvmsg', errno, `${socket}`)
  return undefined
}
