import { constants } from 'node:buffer'
import { PassThrough, type Readable } from 'node:stream'

/** The bound that the output exceeded: the output limit, or the length of a string. */
export type OutputExcess = 'limit' | 'text'

/** Bounds of a run's output, in bytes. */
export interface OutputBounds {
  /** The bound of both streams together; undefined without a limit. */
  readonly limit: number | undefined
  /**
   * The bound of each stream whose result is text: the length of the longest string. Text in UTF-8 has no more
   * characters than bytes.
   */
  readonly text: number | undefined
}

/** Counts the bytes of a run's streams against their bounds. */
class OutputBudget {
  #left: number
  readonly #text: number
  readonly #onExceeded: () => void
  exceeded: OutputExcess | undefined

  constructor({ limit, text }: OutputBounds, onExceeded: () => void) {
    this.#left = limit ?? Number.POSITIVE_INFINITY
    this.#text = text ?? Number.POSITIVE_INFINITY
    this.#onExceeded = onExceeded
  }

  /**
   * The number of a chunk's bytes that are still within the bounds.
   *
   * @param kept the number of bytes that the chunk's stream already has
   */
  take(length: number, kept = 0): number {
    const taken = Math.min(length, this.#text - kept, this.#left)
    if (taken < length && this.exceeded === undefined) {
      this.exceeded = taken === this.#left ? 'limit' : 'text'
      this.#onExceeded()
    }
    this.#left -= taken
    return taken
  }
}

/** The output of a program to one of its pipes, kept for the result and passed on to listeners. */
export class Capture {
  readonly #chunks: Buffer[] = []
  #length = 0
  #live: PassThrough | undefined
  #ended = false

  /** A stream of the past and future output. The first call makes the stream. */
  stream(): Readable {
    if (this.#live === undefined) {
      this.#live = new PassThrough()
      for (const chunk of this.#chunks) this.#live.write(chunk)
      if (this.#ended) this.#live.end()
    }
    return this.#live
  }

  /** Takes a chunk of output, and drops the part beyond the budget. */
  take(chunk: Buffer, budget: OutputBudget): void {
    const taken = budget.take(chunk.length, this.#length)
    if (taken > 0) this.#add(taken === chunk.length ? chunk : chunk.subarray(0, taken))
  }

  #add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    this.#live?.write(chunk)
  }

  /** Starts again for another attempt. A live stream that has ended keeps its data. */
  forget(): void {
    this.#chunks.length = 0
    this.#length = 0
    if (this.#ended) this.#live = undefined
    this.#ended = false
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#live?.end()
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks, this.#length)
  }
}

/** Both streams of a run's output, and the bound for both together. */
export class Output {
  readonly stdout = new Capture()
  readonly stderr = new Capture()
  readonly #bounds: OutputBounds
  readonly #onExceeded: () => void
  #budget: OutputBudget

  /** @param onExceeded called when the program writes more than the output limit, or more than a string can contain */
  constructor(
    outputBytes: number | undefined,
    encoding: 'utf8' | 'buffer',
    onExceeded: () => void,
  ) {
    const text = encoding === 'utf8' ? constants.MAX_STRING_LENGTH : undefined
    this.#bounds = { limit: outputBytes, text }
    this.#onExceeded = onExceeded
    this.#budget = new OutputBudget(this.#bounds, onExceeded)
  }

  get budget(): OutputBudget {
    return this.#budget
  }

  /** Starts again for another attempt. */
  forget(): void {
    this.stdout.forget()
    this.stderr.forget()
    this.#budget = new OutputBudget(this.#bounds, this.#onExceeded)
  }

  /** Ends the live streams, also the streams without any output. */
  end(): void {
    this.stdout.end()
    this.stderr.end()
  }
}
