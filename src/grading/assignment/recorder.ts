import { SandboxError } from '../../errors/sandbox-error.ts'
import { visible } from '../../units/visible.ts'
import { addPoints, checkPoints, formatPoints, roundPoints } from '../report/points.ts'
import type { RecordedRun } from './messages.ts'

/** Keeps the runs and the points of one attempt at a test. */
export class Recorder {
  readonly runs: RecordedRun[] = []
  readonly messages: string[] = []
  /** The reasons why Gradebox repeated runs. */
  readonly repetitions: string[] = []
  readonly #weight: number
  #closed = false
  /** The points that `award()` has given so far; undefined before the first call. */
  awarded: number | undefined

  constructor(weight: number) {
    this.#weight = weight
  }

  /** Ends the recording. A run that ends later than its test then changes nothing. */
  close(): void {
    this.#closed = true
  }

  /**
   * Keeps the runs of a promise's result.
   *
   * @param describe makes the records of a result
   */
  record<Result>(
    promise: Promise<Result>,
    describe: (result: Result) => readonly RecordedRun[],
  ): void {
    promise.then(
      (result) => {
        if (!this.#closed) for (const run of describe(result)) this.#add(run)
      },
      // The test itself receives the error.
      () => {},
    )
  }

  #add(run: RecordedRun): void {
    this.runs.push(run)
    const count = this.runs.length
    for (let again = 1; again < run.result.attempts; again++) {
      this.noteRepetition(`The machine was too busy to judge run ${count}, which was repeated.`)
    }
  }

  /** Notes the reason why Gradebox repeated a run on a busy machine. */
  noteRepetition(reason: string): void {
    if (!this.#closed) this.repetitions.push(reason)
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
    // A message may quote the program's output, which may contain control characters.
    if (message !== undefined) this.messages.push(visible(String(message)))
  }
}
