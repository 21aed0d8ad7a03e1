import { SandboxError } from '../../errors/sandbox-error.ts'
import { addPoints, checkPoints, formatPoints, roundPoints } from '../report/points.ts'
import type { RecordedRun } from './messages.ts'

/** Keeps the runs and the points of one attempt at a test. */
export class Recorder {
  readonly runs: RecordedRun[] = []
  readonly messages: string[] = []
  readonly #weight: number
  #closed = false
  /** The points given so far; undefined before the first. */
  awarded: number | undefined

  constructor(weight: number) {
    this.#weight = weight
  }

  /** A run that ends after its test changes nothing. */
  close(): void {
    this.#closed = true
  }

  /**
   * Keeps the runs that a promise resolves to.
   *
   * @param describe makes the records of a result
   */
  record<Result>(
    promise: Promise<Result>,
    describe: (result: Result) => readonly RecordedRun[],
  ): void {
    promise.then(
      (result) => {
        if (!this.#closed) this.runs.push(...describe(result))
      },
      // The test receives the error.
      () => {},
    )
  }

  award(points: number, message?: string): void {
    if (typeof points !== 'number' || !Number.isFinite(points)) checkPoints('points', points)
    const total = addPoints(this.awarded ?? 0, roundPoints(points))
    if (points < 0 || total > this.#weight) {
      throw new SandboxError(
        `award(${formatPoints(points)}) makes ${formatPoints(total)} points; the test has 0 to ${formatPoints(this.#weight)}`,
        { code: 'OPTION_INVALID', hint: 'Raise the `points` of the test, or award less.' },
      )
    }
    this.awarded = total
    if (message !== undefined) this.messages.push(message)
  }
}
