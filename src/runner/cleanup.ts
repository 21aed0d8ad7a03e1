/** The clean-up functions of everything that the stages of one attempt have opened, in the order of opening. */
export class Cleanup {
  readonly #ends: (() => void | Promise<void>)[] = []

  /** Registers the clean-up function of something that was just opened. */
  add(end: () => void | Promise<void>): void {
    this.#ends.push(end)
  }

  /**
   * Calls the clean-up functions one after another, the last function first, because a later resource may use an
   * earlier resource.
   *
   * @throws the first failure, after the last clean-up function has ended
   */
  async run(): Promise<void> {
    const failures: unknown[] = []
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
