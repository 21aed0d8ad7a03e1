import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import { closeDescriptor, waitUntilReadable, whenHungUp } from '../../ffi/libc.ts'

/** What a pipe holds, pipe(7). */
const CAPACITY = 64 * 1024
/** So many reads are made one after another, without the event loop. */
const MOST_PIECES = 16

let scratch: Buffer | undefined
/**
 * Whether this process has read a pipe by the event loop. With the first one libuv opens a descriptor of its
 * own, for good (uv__stream_init, emfile_fd): in the first run, not in a later one, where it looks like a leak.
 */
let hasRead = false

/** The read end of a pipe: read at once where it is known what is there, else by the event loop. */
export class PipeEnd {
  readonly #fd: number
  readonly #take: (chunk: Buffer) => void
  #socket: Socket | undefined
  #ended: Promise<void> | undefined
  #isClosed = false

  /**
   * @param fd the read end, which is now ours to close
   * @param take called with what was read, piece by piece
   */
  constructor(fd: number, take: (chunk: Buffer) => void) {
    this.#fd = fd
    this.#take = take
  }

  /**
   * Waits, beside the event loop, until nobody can write to it any more.
   *
   * @returns whether that came within the time, in ms; if not, nothing is said of it
   */
  async hangsUpWithin(timeoutMs: number): Promise<boolean> {
    return hasRead && whenHungUp(this.#fd, timeoutMs)
  }

  /**
   * Reads what comes within a time, in ms; -1 is without end.
   *
   * @returns whether something came; not, at its end
   */
  readNext(timeoutMs: number): boolean {
    if (this.#isClosed || this.#socket?.destroyed || !waitUntilReadable(this.#fd, timeoutMs)) {
      return false
    }
    scratch ??= Buffer.allocUnsafeSlow(CAPACITY)
    const length = readSync(this.#fd, scratch)
    if (length > 0) this.#take(Buffer.from(scratch.subarray(0, length)))
    else if (this.#socket === undefined) this.close()
    return length > 0
  }

  /**
   * Reads it to its end: at once as long as each piece comes within a time, in ms, then by the event loop. What
   * is left of a writer that is gone is one piece; one that writes faster than we read shall not keep us here.
   */
  async readToEnd(soonMs: number): Promise<void> {
    for (let pieces = 0; pieces < MOST_PIECES && this.readNext(soonMs); pieces++) {}
    await this.readByLoop()
  }

  /**
   * Reads it to its end as it comes.
   *
   * @param background whether this process may end meanwhile
   */
  async readByLoop(background = false): Promise<void> {
    if (this.#isClosed) return
    hasRead = true
    this.#ended ??= new Promise((resolve) => {
      const socket = new Socket({ fd: this.#fd, readable: true, writable: false })
      socket.on('data', this.#take)
      // A pipe's only errors are its end; 'close' follows.
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      this.#socket = socket
    })
    if (background) this.#socket?.unref()
    await this.#ended
  }

  /** Lets go of it, read or not. */
  close(): void {
    if (this.#socket !== undefined) this.#socket.destroy()
    else if (!this.#isClosed) closeDescriptor(this.#fd)
    this.#isClosed = true
  }
}
