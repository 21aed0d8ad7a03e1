/** A queue that limits the number of simultaneous tasks. All other tasks wait in order. */
export class Line {
  readonly #concurrency: () => number
  readonly #waiting: (() => void)[] = []
  #active = 0

  /**
   * @param concurrency returns the largest number of simultaneous tasks; the queue calls this function before each task
   */
  constructor(concurrency: () => number) {
    this.#concurrency = concurrency
  }

  /** Does the work when the earlier tasks have begun and fewer tasks than the limit are active. */
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

  // Counts each task as active here, because the task's code in add() continues only later.
  #beginNext(): void {
    while (this.#active < this.#concurrency()) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#active++
      next()
    }
  }
}
