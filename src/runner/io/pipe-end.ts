import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import {
  closeDescriptor,
  setNonBlocking,
  waitForInput,
  whenDataArrives,
  whenHungUp,
} from '../../ffi/libc.ts'
import { handOver } from '../../ffi/thread-list.ts'

/** The default capacity of a pipe, pipe(7). */
const CAPACITY = 64 * 1024
/**
 * The most reads in a row without the event loop. A program may enlarge its pipe to 1 MiB (pipe(7)), which is
 * this many times the default.
 */
const MOST_PIECES = 16

let shared: Buffer | undefined
const sharedMemory = (): Buffer => {
  shared ??= Buffer.allocUnsafeSlow(CAPACITY)
  return shared
}

/**
 * Whether this process has read a pipe by the event loop. At the first such read, libuv opens a descriptor and keeps it
 * (uv__stream_init, emfile_fd). The first run therefore reads by the event loop, because in a later run the new
 * descriptor would look like a leak.
 */
let hasRead = false

/**
 * The read end of a pipe. The object never blocks this thread for longer than the caller allows. A program can open its
 * own pipe again through /proc/self/fd, so a poll(2) that reports data or a hang-up may be out of date.
 */
export class PipeEnd {
  readonly #fd: number
  readonly #take: (chunk: Buffer) => void
  readonly #memory: Buffer
  #socket: Socket | undefined
  #ended: Promise<void> | undefined
  #isClosed = false

  /**
   * @param fd the read end, which this object closes
   * @param take receives the data, piece by piece
   * @param memory the memory into which this thread reads without the event loop
   * @throws {ErrnoError} EBADF when the descriptor is not open
   */
  constructor(fd: number, take: (chunk: Buffer) => void, memory = sharedMemory()) {
    // Each end of a pipe is an open file description of its own, so no program can clear the flag.
    setNonBlocking(fd)
    this.#fd = fd
    this.#take = take
    this.#memory = memory
  }

  /** Whether this process has read to the end of the pipe, or has closed the pipe. */
  get isClosed(): boolean {
    return this.#isClosed || this.#socket?.destroyed === true
  }

  /**
   * Waits, without the event loop, until the pipe has no writer. Another writer may open the pipe later.
   *
   * @returns whether the pipe lost its last writer within `timeoutMs`
   */
  async hangsUpWithin(timeoutMs: number): Promise<boolean> {
    return hasRead && whenHungUp(this.#fd, timeoutMs)
  }

  /**
   * Waits, without the event loop, until one of the pipes has data or no writer.
   *
   * @returns whether one of the pipes got data, or lost its last writer, within `timeoutMs`
   */
  static async anyHasNews(pipes: readonly PipeEnd[], timeoutMs: number): Promise<boolean> {
    const fds = pipes.map((pipe) => pipe.#fd)
    return hasRead && fds.length > 0 && whenDataArrives(fds, timeoutMs)
  }

  /**
   * Reads the data that arrives within `timeoutMs`. With -1, the call waits without end.
   *
   * @returns whether data arrived; false at the end of the pipe
   */
  readNext(timeoutMs: number): boolean {
    if (this.isClosed) return false
    const { isReadable, isHungUp } = waitForInput(this.#fd, timeoutMs)
    if (!isReadable) return false
    const length = readAvailable(this.#fd, this.#memory)
    if (length === undefined) return false
    if (length > 0) this.#take(Buffer.from(this.#memory.subarray(0, length)))
    // If the pipe has no writer, a read that leaves room in the buffer was the last read.
    const isLast = length === 0 || (isHungUp && length < this.#memory.length)
    if (isLast && this.#socket === undefined) this.close()
    return length > 0
  }

  /** Reads the available data, up to the largest capacity of a pipe. At the end of the pipe, closes the pipe. */
  readPresent(soonMs = 0): void {
    for (let pieces = 0; pieces < MOST_PIECES && this.readNext(soonMs); pieces++) {}
  }

  /**
   * Reads to the end of the pipe. Reads without the event loop at first, as long as each piece comes within `soonMs`. A
   * writer that has ended leaves only a few pieces. A writer that is faster than this reader must not block the thread,
   * so the event loop reads further pieces.
   */
  async readToEnd(soonMs: number): Promise<void> {
    this.readPresent(soonMs)
    await this.readByLoop()
  }

  /**
   * Reads to the end of the pipe by the event loop, as data arrives.
   *
   * @param background whether this process may exit before the end of the pipe
   */
  async readByLoop(background = false): Promise<void> {
    if (this.#isClosed) return
    hasRead = true
    this.#ended ??= new Promise((resolve) => {
      const open = () => new Socket({ fd: this.#fd, readable: true, writable: false })
      const socket = handOver(this.#fd, open)
      socket.on('data', this.#take)
      // The only error of a pipe is its end, and 'close' follows.
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      this.#socket = socket
    })
    if (background) this.#socket?.unref()
    await this.#ended
  }

  /**
   * Takes the available data and closes the pipe, although a process outside the sandbox may still have its other end
   * open.
   */
  finish(): void {
    this.readPresent()
    this.close()
  }

  /** Closes the pipe, even if it contains unread data. */
  close(): void {
    if (this.#socket !== undefined) this.#socket.destroy()
    else if (!this.#isClosed) closeDescriptor(this.#fd)
    this.#isClosed = true
  }
}

/** Reads from a non-blocking descriptor; undefined when no data is available. */
function readAvailable(fd: number, buffer: Buffer): number | undefined {
  try {
    return readSync(fd, buffer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined
    throw error
  }
}
