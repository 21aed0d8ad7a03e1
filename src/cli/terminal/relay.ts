import { ReadStream, type WriteStream } from 'node:tty'
import { setWindowSize } from '../../ffi/terminal.ts'
import type { TerminalUse } from '../../runner/launcher/plan/terminal.ts'
import type { RunTerminal } from '../../runner/run/prepare.ts'
import { openTerminalChannel, type TerminalChannel } from '../../runner/terminal/channel.ts'

/** The user's terminal. */
export interface UserTerminal {
  readonly stdin: ReadStream
  readonly stdout: WriteStream
  readonly stderr: { readonly isTTY?: boolean }
}

const DEFAULT_SIZE = { rows: 24, columns: 80 }

/** What a run on a terminal like the user's is to be given. */
export function terminalUse({ stdout, stderr }: UserTerminal): TerminalUse {
  return { streams: stderr.isTTY === true ? [0, 1, 2] : [0, 1], size: sizeOf(stdout) }
}

// A terminal that does not know its size says 0.
const sizeOf = ({ rows, columns }: WriteStream) =>
  rows > 0 && columns > 0 ? { rows, columns } : DEFAULT_SIZE

/**
 * Joins the user's terminal with the pseudo-terminal of a sandbox. What is typed goes there byte by
 * byte, so that Ctrl-C, Ctrl-Z and Ctrl-D act on the program in its own terminal, and not on us; the
 * program never has the user's terminal in hand, whose input it could forge (TIOCSTI).
 */
export class TerminalRelay {
  readonly #user: UserTerminal
  readonly #channel: TerminalChannel
  readonly #onOutput: (bytes: number) => void
  readonly #onLost: () => void
  #finished: Promise<void> | undefined
  #master: { readonly stream: ReadStream; readonly closed: Promise<void> } | undefined

  /**
   * @param onOutput told of each piece that the program writes to the terminal
   * @param onLost called when the user's terminal is gone, or the sandbox's does not come
   */
  constructor(user: UserTerminal, onOutput: (bytes: number) => void, onLost: () => void) {
    this.#user = user
    this.#onOutput = onOutput
    this.#channel = openTerminalChannel((fd) => this.#attach(fd), onLost)
    this.#onLost = onLost
    user.stdin.on('error', onLost).on('end', onLost)
    user.stdout.on('error', onLost)
  }

  /** What the run is to be given. */
  get terminal(): RunTerminal {
    return { socket: this.#channel.socket, ...terminalUse(this.#user) }
  }

  /** Sees the last output off, once the run is over, and gives the user's terminal back. */
  finish(): Promise<void> {
    this.#finished ??= this.#finish()
    return this.#finished
  }

  async #finish(): Promise<void> {
    this.#channel.close()
    await this.#detach()
    const { stdin, stdout } = this.#user
    if (stdin.isRaw) stdin.setRawMode(false)
    stdin.off('error', this.#onLost).off('end', this.#onLost).pause()
    stdout.off('error', this.#onLost)
  }

  #attach(fd: number): void {
    void this.#detach()
    const { stdin, stdout } = this.#user
    const stream = new ReadStream(fd)
    const closed = new Promise<void>((resolve) => stream.once('close', resolve))
    this.#master = { stream, closed }
    // EIO: nobody has the other side open any more.
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      this.#onOutput(chunk.length)
      if (stdout.write(chunk)) return
      stream.pause()
      stdout.once('drain', () => stream.resume())
    })
    setWindowSize(fd, sizeOf(stdout))
    stdout.on('resize', this.#resize)
    stdin.setRawMode(true)
    stdin.on('data', this.#type).resume()
  }

  async #detach(): Promise<void> {
    const master = this.#master
    if (master === undefined) return
    await master.closed
    this.#user.stdout.off('resize', this.#resize)
    this.#user.stdin.off('data', this.#type)
  }

  readonly #type = (bytes: Buffer): void => {
    this.#master?.stream.write(bytes)
  }

  readonly #resize = (): void => {
    const stream = this.#master?.stream as (ReadStream & { readonly fd: number }) | undefined
    if (stream === undefined || stream.destroyed) return
    setWindowSize(stream.fd, sizeOf(this.#user.stdout))
  }
}
