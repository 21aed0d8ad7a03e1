import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import { closeDescriptor, waitUntilReadable } from '../../ffi/libc.ts'
import type { ReportRecord } from '../launcher/report/parse.ts'
import { type ReportListener, ReportReader } from '../launcher/report/reader.ts'

/** More than one write of the launch program. */
const CHUNK_SIZE = 4096

/** A launch program's report: read at once where it is known to come, else by the event loop. */
export class Report {
  readonly #fd: number
  readonly #reader: ReportReader
  #socket: Socket | undefined
  #ended: Promise<void> | undefined
  #isClosed = false

  /** @param fd the report's read end, which is now ours to close */
  constructor(fd: number, listener: ReportListener) {
    this.#fd = fd
    this.#reader = new ReportReader(listener)
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
    const chunk = Buffer.allocUnsafe(CHUNK_SIZE)
    const length = readSync(this.#fd, chunk)
    if (length > 0) this.#reader.add(chunk.subarray(0, length))
    else if (this.#socket === undefined) this.close()
    return length > 0
  }

  /** Reads it to its end, at once if that comes soon, in ms, after what comes before it. */
  async readToEnd(soonMs: number): Promise<void> {
    while (this.readNext(soonMs)) {}
    await this.readByLoop()
  }

  /**
   * Reads it to its end as it comes.
   *
   * @param background whether this process may end meanwhile
   */
  async readByLoop(background = false): Promise<void> {
    if (this.#isClosed) return
    this.#ended ??= new Promise((resolve) => {
      const socket = new Socket({ fd: this.#fd, readable: true, writable: false })
      socket.on('data', (chunk: Buffer) => this.#reader.add(chunk))
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      this.#socket = socket
    })
    if (background) this.#socket?.unref()
    await this.#ended
  }

  /**
   * What was read, but for logged calls.
   *
   * @throws {SandboxError} SETUP_FAILED for bytes that the launch program does not write
   */
  records(): readonly ReportRecord[] {
    return this.#reader.records()
  }

  /** Lets go of it, read or not. */
  close(): void {
    if (this.#socket !== undefined) this.#socket.destroy()
    else if (!this.#isClosed) closeDescriptor(this.#fd)
    this.#isClosed = true
  }
}
