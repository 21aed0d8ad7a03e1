import { closeDescriptor, makePipe, waitUntilReadable } from '../../ffi/libc.ts'
import { feedStdin, type StdinFeed, type StdinSource } from './stdin.ts'

/** The two ends of a pipe. */
export interface Pipe {
  readonly read: number
  readonly write: number
}

/**
 * The program's stdin, for all attempts at a run. This object keeps the read end of the pipe open. So an attempt that
 * fails before the program has started loses no input.
 */
export class Input {
  readonly #source: StdinSource
  /** The socket of a pseudo-terminal, which replaces the source. */
  readonly #terminal: number | undefined
  readonly #onError: () => void
  #pipe: Pipe | undefined
  #feed: StdinFeed | undefined
  #waitedAtEnd: boolean | undefined

  /** @param onError called when the source fails, because the program is then not to blame for the run's result */
  constructor(source: StdinSource, terminal: number | undefined, onError: () => void) {
    this.#source = source
    this.#terminal = terminal
    this.#onError = onError
  }

  /**
   * Returns the descriptor that becomes the program's stdin. The first call also starts to write the input.
   *
   * @param waiting takes over the stdin pipe of a waiting launch program, if there is one
   * @throws {SandboxError} SETUP_FAILED when the source cannot be opened
   */
  open(waiting: () => Pipe | undefined): number {
    if (this.#terminal !== undefined) return this.#terminal
    if (this.#source.kind === 'inherit') return 0
    if (this.#pipe === undefined) {
      this.#pipe = waiting() ?? makePipe(0)
      this.#feed = feedStdin(this.#pipe.write, this.#source, this.#onError)
    }
    return this.#pipe.read
  }

  /**
   * Whether the program has read all input that has arrived, and more may come. After {@link noteEnd}, the value at
   * the program's end.
   */
  get isAwaited(): boolean {
    if (this.#waitedAtEnd !== undefined) return this.#waitedAtEnd
    if (this.#terminal !== undefined) return false
    if (this.#source.kind === 'inherit') return !waitUntilReadable(0, 0)
    const pipe = this.#pipe
    return (
      pipe !== undefined && this.#feed?.isComplete() === false && !waitUntilReadable(pipe.read, 0)
    )
  }

  /** Notes that the program has ended, and returns whether the program waited for input at its end. */
  noteEnd(): boolean {
    this.#waitedAtEnd = this.isAwaited
    return this.#waitedAtEnd
  }

  /** @throws {SandboxError} SETUP_FAILED when the source failed, so that the program did not get all its input */
  check(): void {
    this.#feed?.check()
  }

  /** Stops writing the input, and closes the pipe. */
  close(): void {
    if (this.#pipe !== undefined) this.noteEnd()
    this.#feed?.stop()
    if (this.#pipe !== undefined) closeDescriptor(this.#pipe.read)
    this.#pipe = undefined
  }
}
