import { PassThrough, type Readable } from 'node:stream'

/** Counts the bytes that a run's streams have together, against its output limit. */
export class OutputBudget {
  #left: number
  readonly #onExceeded: () => void
  exceeded = false

  /** @param limit in bytes; undefined: no limit */
  constructor(limit: number | undefined, onExceeded: () => void) {
    this.#left = limit ?? Number.POSITIVE_INFINITY
    this.#onExceeded = onExceeded
  }

  /** How many of a chunk's bytes are still within the limit. */
  take(length: number): number {
    const taken = Math.min(length, this.#left)
    this.#left -= taken
    if (taken < length && !this.exceeded) {
      this.exceeded = true
      this.#onExceeded()
    }
    return taken
  }
}

/** What a program writes to one of its pipes: kept for the result, and passed on to who listens. */
export class Capture {
  readonly #chunks: Buffer[] = []
  #live: PassThrough | undefined
  #ended = false

  /** A stream of all that was and will be written; made at the first call. */
  stream(): Readable {
    if (this.#live === undefined) {
      this.#live = new PassThrough()
      for (const chunk of this.#chunks) this.#live.write(chunk)
      if (this.#ended) this.#live.end()
    }
    return this.#live
  }

  /** Takes what was read; a chunk past the budget is dropped. */
  take(chunk: Buffer, budget: OutputBudget): void {
    const taken = budget.take(chunk.length)
    if (taken > 0) this.#add(taken === chunk.length ? chunk : chunk.subarray(0, taken))
  }

  #add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#live?.write(chunk)
  }

  /** Starts anew, for a run that is made again; a live stream has had what there was, and its end. */
  forget(): void {
    this.#chunks.length = 0
    if (this.#ended) this.#live = undefined
    this.#ended = false
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#live?.end()
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}
