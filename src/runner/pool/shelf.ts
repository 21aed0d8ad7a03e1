import type { PoolShape, Ready } from './ready.ts'

/**
 * The launch programs of one shape, and how many are wanted. Runs come in bursts, as those of one test do.
 * In a burst each launch program that is started slows a run down: then there are to be as many as run at
 * once, and before the next as many as the longest burst had runs, and one more.
 */
export class Shelf {
  readonly shape: PoolShape
  readonly waiting: Ready[] = []
  #most = 0
  #inFlight = 0
  /** The most that ran at once in this burst. */
  #peak = 0
  /** How many besides are to wait: one, while there is no rest to come. */
  #spare = 0
  /** How many runs this burst has. */
  #runs = 0
  /** How many runs the longest burst had. */
  #longest = 0
  /** How many the longest before this one had. */
  #expected = 0

  constructor(shape: PoolShape) {
    this.shape = shape
  }

  get isBusy(): boolean {
    return this.#inFlight > 0
  }

  /** Whether there are fewer than the runs of this burst need; one as long as any before may be over. */
  get lacksSome(): boolean {
    if (this.#runs === this.#expected) return false
    return this.waiting.length < Math.min(this.#peak + this.#spare, this.#most)
  }

  /** Whether there are fewer than the next burst may need. */
  get lacksSomeAtRest(): boolean {
    return this.waiting.length < Math.min(this.#longest + 1, this.#most)
  }

  /**
   * A run has started.
   *
   * @param most how many may wait
   */
  started(most: number): void {
    this.#most = most
    this.#inFlight++
    this.#runs++
    this.#peak = Math.max(this.#peak, this.#inFlight)
    this.#longest = Math.max(this.#longest, this.#runs)
  }

  /**
   * A run is over.
   *
   * @param othersGoOn whether others, of whatever shape, are not
   */
  ended({ othersGoOn }: { othersGoOn: boolean }): void {
    this.#inFlight--
    this.#spare = othersGoOn ? 1 : 0
  }

  /** A burst is over. */
  rested(): void {
    this.#peak = this.#inFlight
    this.#spare = 0
    this.#runs = this.#inFlight
    this.#expected = this.#longest
  }

  /** Forgets all bursts but what runs now. */
  forget(): void {
    this.#longest = this.#inFlight
    this.rested()
  }
}
