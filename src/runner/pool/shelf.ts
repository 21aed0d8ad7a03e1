import type { PoolShape, Ready } from './ready.ts'

/**
 * The waiting launch programs of one shape, and how many should wait. Runs come in bursts, such as those of
 * one test. During a burst, each new launch program slows a run down, so as many should wait as run at once.
 * Before the next burst, as many should wait as the longest burst had runs, and one more.
 */
export class Shelf {
  readonly shape: PoolShape
  readonly waiting: Ready[] = []
  #most = 0
  #inFlight = 0
  /** The largest number of simultaneous runs in this burst. */
  #peak = 0
  /**
   * Keep one spare sandbox while other runs are active, because the pool is not refilled until the process is
   * idle.
   */
  #spare = 0
  /** The number of runs in this burst. */
  #runs = 0
  /** The number of runs in the longest burst. */
  #longest = 0
  /** The number of runs in the longest burst before this one. */
  #expected = 0

  constructor(shape: PoolShape) {
    this.shape = shape
  }

  get isBusy(): boolean {
    return this.#inFlight > 0
  }

  /** Whether fewer wait than the runs of this burst need; a burst as long as the longest before may have ended. */
  get lacksSome(): boolean {
    if (this.#runs === this.#expected) return false
    return this.waiting.length < Math.min(this.#peak + this.#spare, this.#most)
  }

  /** Whether fewer wait than the next burst may need. */
  get lacksSomeAtRest(): boolean {
    return this.waiting.length < Math.min(this.#longest + 1, this.#most)
  }

  /**
   * Notes that a run has started.
   *
   * @param most the number that may wait
   */
  started(most: number): void {
    this.#most = most
    this.#inFlight++
    this.#runs++
    this.#peak = Math.max(this.#peak, this.#inFlight)
    this.#longest = Math.max(this.#longest, this.#runs)
  }

  /**
   * Notes that a run has ended.
   *
   * @param othersGoOn whether other runs, of any shape, are still active
   */
  ended({ othersGoOn }: { othersGoOn: boolean }): void {
    this.#inFlight--
    this.#spare = othersGoOn ? 1 : 0
  }

  /** Notes the end of a burst. */
  rested(): void {
    this.#peak = this.#inFlight
    this.#spare = 0
    this.#runs = this.#inFlight
    this.#expected = this.#longest
  }

  /** Forgets all bursts except the active runs. */
  forget(): void {
    this.#longest = this.#inFlight
    this.rested()
  }
}
