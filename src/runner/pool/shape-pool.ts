import type { PoolShape, WaitingLauncher } from './waiting-launcher.ts'

/**
 * The waiting launch programs of one shape, and the number of launch programs that should wait. Runs come in bursts,
 * such as the runs of one test. The start of a launch program slows active runs down. So during a burst, as many launch
 * programs should wait as there are simultaneous runs. Before the next burst, as many should wait as there are runs in
 * the longest burst, plus one.
 */
export class ShapePool {
  readonly shape: PoolShape
  readonly waiting: WaitingLauncher[] = []
  #most = 0
  #inFlight = 0
  /** The largest number of simultaneous runs in this burst. */
  #peak = 0
  /**
   * One spare launch program while other runs are active, because the pool starts more only when the process is idle.
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

  /**
   * Whether this burst needs more launch programs. A burst that has as many runs as the longest earlier burst may have
   * ended.
   */
  get needsMore(): boolean {
    if (this.#runs === this.#expected) return false
    return this.waiting.length < Math.min(this.#peak + this.#spare, this.#most)
  }

  /** Whether the next burst may need more launch programs. */
  get needsMoreWhenIdle(): boolean {
    return this.waiting.length < Math.min(this.#longest + 1, this.#most)
  }

  /**
   * Notes that a run has started.
   *
   * @param most the largest number that may wait
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
   * @param othersAreActive whether other runs, of any shape, are still active
   */
  ended({ othersAreActive }: { othersAreActive: boolean }): void {
    this.#inFlight--
    this.#spare = othersAreActive ? 1 : 0
  }

  /** Notes the end of a burst. */
  endBurst(): void {
    this.#peak = this.#inFlight
    this.#spare = 0
    this.#runs = this.#inFlight
    this.#expected = this.#longest
  }

  /** Forgets all bursts, but not the active runs. */
  forget(): void {
    this.#longest = this.#inFlight
    this.endBurst()
  }
}
