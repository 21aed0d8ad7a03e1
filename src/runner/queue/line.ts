/** A queue in which no more than so many pieces of work are under way at once; the rest waits in order. */
export class Line {
  readonly #concurrency: () => number
  readonly #waiting: (() => void)[] = []
  #active = 0

  /** @param concurrency asked for each time that there may be room */
  constructor(concurrency: () => number) {
    this.#concurrency = concurrency
  }

  /** Does the work when those before it have begun and there is room for it. */
  async add<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting.length > 0 || this.#active >= this.#concurrency()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    } else this.#active++
    try {
      return await work()
    } finally {
      this.#active--
      this.#beginNext()
    }
  }

  // Each counts from here on, before its own code goes on.
  #beginNext(): void {
    while (this.#active < this.#concurrency()) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#active++
      next()
    }
  }
}
