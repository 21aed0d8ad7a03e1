import { once } from 'node:events'
import { read, write } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'
import { promisify } from 'node:util'
import { closeDescriptor, setNonBlocking, whenReadable } from '../../ffi/libc.ts'
import { setWindowSize } from '../../ffi/terminal.ts'
import { pause } from '../../globals.ts'
import type { TerminalUse } from '../../launcher/plan/terminal-steps.ts'
import type { RunTerminal } from '../../runner/run-extras.ts'
import { openTerminalChannel, type TerminalChannel } from '../../runner/terminal-channel.ts'

/** The user's terminal. */
export interface UserTerminal {
  readonly stdin: ReadStream
  readonly stdout: WriteStream
  readonly stderr: { readonly isTTY?: boolean }
}

const DEFAULT_SIZE = { rows: 24, columns: 80 }

/** The options that give a run a terminal with the streams and the size of the user's terminal. */
export function terminalUse({ stdout, stderr }: UserTerminal): TerminalUse {
  return { streams: stderr.isTTY === true ? [0, 1, 2] : [0, 1], size: sizeOf(stdout) }
}

// A terminal of unknown size reports 0.
const sizeOf = ({ rows, columns }: WriteStream) =>
  rows > 0 && columns > 0 ? { rows, columns } : DEFAULT_SIZE

/**
 * Connects the user's terminal with the pseudo-terminal of a sandbox. The relay passes every byte of input on
 * unchanged, so Ctrl-C, Ctrl-Z and Ctrl-D act on the program in its own terminal and not on Gradebox. The program never
 * gets the user's terminal, because a program can forge input in its terminal (TIOCSTI).
 */
export class TerminalRelay {
  readonly #user: UserTerminal
  readonly #channel: TerminalChannel
  readonly #relays: Promise<void>[] = []
  readonly #onLost: () => void
  #finished: Promise<void> | undefined
  #hasEnded = false

  /**
   * @param onOutput receives the length in bytes of each piece that the program writes to the terminal
   * @param onLost called when the user's terminal no longer exists, or when the sandbox's terminal does not arrive
   */
  constructor(user: UserTerminal, onOutput: (bytes: number) => void, onLost: () => void) {
    this.#user = user
    this.#onLost = onLost
    const onMaster = (fd: number) => {
      this.#relays.push(
        relayMaster(fd, { user, onOutput, hasEnded: () => this.#hasEnded }).catch(onLost),
      )
    }
    this.#channel = openTerminalChannel(onMaster, onLost)
    user.stdin.on('error', onLost).on('end', onLost)
    user.stdout.on('error', onLost)
  }

  /** The terminal for the run's options. */
  get terminal(): RunTerminal {
    return { socket: this.#channel.socket, ...terminalUse(this.#user) }
  }

  /** Passes on the output that is left after the run's end, and restores the user's terminal. */
  finish(): Promise<void> {
    this.#finished ??= this.#finish()
    return this.#finished
  }

  async #finish(): Promise<void> {
    this.#hasEnded = true
    await this.#channel.close()
    await Promise.all(this.#relays)
    const { stdin, stdout } = this.#user
    if (stdin.isRaw) stdin.setRawMode(false)
    stdin.off('error', this.#onLost).off('end', this.#onLost).pause()
    stdout.off('error', this.#onLost)
  }
}

const READ_SIZE = 65_536
/** The interval in ms at which an idle relay checks whether the run has ended. */
const CHECK_MS = 100
/** The largest number of pieces to read after the run has ended. A terminal buffers only one piece. */
const MOST_PIECES = 64
const readSome = promisify(read)
const writeSome = promisify(write)

interface RelayUse {
  readonly user: UserTerminal
  readonly onOutput: (bytes: number) => void
  /** Whether the run has ended. Every process of the sandbox that could write has then ended too. */
  readonly hasEnded: () => boolean
}

/**
 * Relays between the user's terminal and a master. The relay ends when every process has closed the slave, or when the
 * run has ended. The second condition is necessary, because the program may have passed the slave to a process of the
 * host. The relay uses no stream to read the master: tty.ReadStream drops unread data at a hang-up, and a stream of fs
 * would close the shared descriptor.
 */
async function relayMaster(fd: number, { user, onOutput, hasEnded }: RelayUse): Promise<void> {
  const { stdin, stdout } = user
  // No other process gets a non-blocking terminal: the init has closed its descriptor, so only this process has this
  // open file description.
  setNonBlocking(fd)
  let typing = Promise.resolve()
  const type = (bytes: Buffer) => {
    // When a write fails, nobody reads the input any more, so the relay drops the input.
    typing = typing.then(() => writeAll(fd, bytes, hasEnded)).catch(() => {})
  }
  const resize = () => setWindowSize(fd, sizeOf(stdout))
  resize()
  stdout.on('resize', resize)
  stdin.setRawMode(true)
  stdin.on('data', type).resume()
  try {
    for await (const chunk of readAll(fd, hasEnded)) {
      onOutput(chunk.length)
      if (!stdout.write(chunk)) await once(stdout, 'drain')
    }
  } finally {
    stdin.off('data', type)
    stdout.off('resize', resize)
    await typing
    closeDescriptor(fd)
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

async function* readAll(fd: number, hasEnded: () => boolean): AsyncGenerator<Buffer> {
  for (let late = 0; late < MOST_PIECES; ) {
    const hadEnded = hasEnded()
    if (hadEnded) late++
    if (!(await whenReadable(fd, hadEnded ? 0 : CHECK_MS))) {
      if (hadEnded) return
      continue
    }
    const buffer = Buffer.allocUnsafe(READ_SIZE)
    try {
      const { bytesRead } = await readSome(fd, buffer, 0, READ_SIZE, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    } catch (error) {
      // EIO means that every process has closed the slave.
      if (codeOf(error) === 'EIO') return
      if (codeOf(error) !== 'EAGAIN') throw error
    }
  }
}

async function writeAll(fd: number, bytes: Buffer, hasEnded: () => boolean): Promise<void> {
  let written = 0
  while (written < bytes.length && !hasEnded()) {
    try {
      written += (await writeSome(fd, bytes, written, bytes.length - written)).bytesWritten
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error
      // EAGAIN means that the terminal's buffer is full, because the program does not read its input.
      await pause(CHECK_MS)
    }
  }
}
