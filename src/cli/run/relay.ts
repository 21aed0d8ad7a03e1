import { once } from 'node:events'
import { read, write } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'
import { promisify } from 'node:util'
import { closeDescriptor, setNonBlocking, whenReadable } from '../../ffi/libc.ts'
import { setWindowSize } from '../../ffi/terminal.ts'
import { pause } from '../../globals.ts'
import type { TerminalUse } from '../../launcher/plan/terminal-steps.ts'
import type { RunTerminal } from '../../runner/run/prepare.ts'
import { openTerminalChannel, type TerminalChannel } from '../../runner/terminal-channel.ts'

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
  readonly #relays: Promise<void>[] = []
  readonly #onLost: () => void
  #finished: Promise<void> | undefined
  #isOver = false

  /**
   * @param onOutput told of each piece that the program writes to the terminal, in bytes
   * @param onLost called when the user's terminal is gone, or the sandbox's does not come
   */
  constructor(user: UserTerminal, onOutput: (bytes: number) => void, onLost: () => void) {
    this.#user = user
    this.#onLost = onLost
    const onMaster = (fd: number) => {
      this.#relays.push(
        relayMaster(fd, { user, onOutput, isOver: () => this.#isOver }).catch(onLost),
      )
    }
    this.#channel = openTerminalChannel(onMaster, onLost)
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
    this.#isOver = true
    await this.#channel.close()
    await Promise.all(this.#relays)
    const { stdin, stdout } = this.#user
    if (stdin.isRaw) stdin.setRawMode(false)
    stdin.off('error', this.#onLost).off('end', this.#onLost).pause()
    stdout.off('error', this.#onLost)
  }
}

const READ_SIZE = 65_536
/** How often a relay checks whether the run is over, while nothing happens, in ms. */
const CHECK_MS = 100
/** The most pieces that are read after the run is over: what the terminal holds is one. */
const MOST_PIECES = 64
const readSome = promisify(read)
const writeSome = promisify(write)

interface RelayUse {
  readonly user: UserTerminal
  readonly onOutput: (bytes: number) => void
  /** Whether the run is over, and with it all that wrote in the sandbox. */
  readonly isOver: () => boolean
}

/**
 * Relays between the user's terminal and a master, until nobody has the master's other side open, or until the run is
 * over: a program may have passed the other side to a process of the host.
 *
 * It uses no tty.ReadStream, which at a hang-up drops what it has not read yet, and no streams of fs, each of which
 * would close the descriptor that they share.
 */
async function relayMaster(fd: number, { user, onOutput, isOver }: RelayUse): Promise<void> {
  const { stdin, stdout } = user
  // The init has closed its own: nobody else has this open file description.
  setNonBlocking(fd)
  let typing = Promise.resolve()
  const type = (bytes: Buffer) => {
    // What nobody reads any more is dropped.
    typing = typing.then(() => writeAll(fd, bytes, isOver)).catch(() => {})
  }
  const resize = () => setWindowSize(fd, sizeOf(stdout))
  resize()
  stdout.on('resize', resize)
  stdin.setRawMode(true)
  stdin.on('data', type).resume()
  try {
    for await (const chunk of readAll(fd, isOver)) {
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

async function* readAll(fd: number, isOver: () => boolean): AsyncGenerator<Buffer> {
  for (let late = 0; late < MOST_PIECES; ) {
    const wasOver = isOver()
    if (wasOver) late++
    if (!(await whenReadable(fd, wasOver ? 0 : CHECK_MS))) {
      if (wasOver) return
      continue
    }
    const buffer = Buffer.allocUnsafe(READ_SIZE)
    try {
      const { bytesRead } = await readSome(fd, buffer, 0, READ_SIZE, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    } catch (error) {
      // EIO: the other side is closed, by everybody.
      if (codeOf(error) === 'EIO') return
      if (codeOf(error) !== 'EAGAIN') throw error
    }
  }
}

async function writeAll(fd: number, bytes: Buffer, isOver: () => boolean): Promise<void> {
  let written = 0
  while (written < bytes.length && !isOver()) {
    try {
      written += (await writeSome(fd, bytes, written, bytes.length - written)).bytesWritten
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error
      // The program does not read what is typed.
      await pause(CHECK_MS)
    }
  }
}
