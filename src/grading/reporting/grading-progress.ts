import { clockMs } from '../../globals.ts'
import { formatDuration } from '../../units/duration.ts'
import { visibleLine } from '../../units/visible.ts'

/**
 * Prints the progress of a grading. A terminal shows one changing line. Any other output gets one line per submission.
 */
export class Progress {
  readonly #started = clockMs()
  readonly #print: (text: string) => void
  readonly #isTerminal: boolean
  readonly #open = new Map<string, number>()
  #shown = 0

  /**
   * @param print writes the text unchanged to the terminal or file
   * @param isTerminal whether Gradebox may overwrite a line
   */
  constructor(print: (text: string) => void, isTerminal: boolean) {
    this.#print = print
    this.#isTerminal = isTerminal
  }

  /** Counts a test that has not ended yet. */
  expect(submission: string): void {
    this.#open.set(submission, (this.#open.get(submission) ?? 0) + 1)
  }

  /** Counts a test of the submission as ended, and prints the progress. */
  tick(submission: string, { done, all }: { readonly done: number; readonly all: number }): void {
    const left = (this.#open.get(submission) ?? 1) - 1
    this.#open.set(submission, left)
    if (this.#isTerminal) this.#rewrite(`${this.#counts(done, all)}, ${visibleLine(submission)}`)
    else if (left === 0) {
      this.#print(` gradebox  ${visibleLine(submission)} is done (${this.#counts(done, all)})\n`)
    }
  }

  /** Removes the progress line from a terminal. */
  clear(): void {
    if (this.#isTerminal && this.#shown > 0) this.#rewrite('')
  }

  #counts(done: number, all: number): string {
    const elapsedMs = clockMs() - this.#started
    const leftMs = done === 0 ? 0 : (elapsedMs / done) * (all - done)
    const left =
      leftMs < 1000 ? '' : `, about ${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`
    return `${done} of ${all} tests${left}`
  }

  #rewrite(text: string): void {
    const line =
      text === '' ? '' : ` gradebox  ${text}`.slice(0, (process.stdout.columns ?? 80) - 1)
    this.#print(`\r${line.padEnd(this.#shown)}${text === '' ? '\r' : ''}`)
    this.#shown = line.length
  }
}
