import { relative } from 'node:path'
import { visibleLine } from '../../units/visible.ts'
import type { GradedMeta, TestOutcome } from '../report/test-outcome.ts'
import { chosenReports, type ReportsOption } from '../writers/reports-option.ts'
import { Progress } from './grading-progress.ts'
import { Ledger } from './ledger.ts'
import { ReportFiles, type WrittenReports } from './report-files.ts'
import { hasTrouble, summaryLines } from './summary.ts'
import { checkReports, isRefusal } from './unwritable-reports.ts'

/**
 * The exit code when a report could not be written, or a submission could not be graded for a reason that is not the
 * student's fault.
 */
const NOT_GRADABLE = 2

/**
 * `gradebox calibrate` sets this variable. The session then prints no summary, because the report is a temporary file.
 * The session still prints failures.
 */
export const QUIET_VARIABLE = 'GRADEBOX_QUIET'

// The symbol is in the global registry, because a project's configuration may load a second copy of this package.
const UNWRITTEN = Symbol.for('gradebox.unwrittenReport')

/** Whether this process could not write a report. */
export const hasUnwrittenReport = (): boolean => Reflect.get(globalThis, UNWRITTEN) === true

/**
 * One grading, in the process that writes the reports. The session receives the outcomes of tests, and updates the
 * reports and the terminal.
 */
export class GradingSession {
  readonly #root: string
  readonly #ledger: Ledger
  readonly #files: ReportFiles
  readonly #progress: Progress
  readonly #print: (text: string) => void
  readonly #unwritable: ReadonlyMap<string, string>

  /**
   * @param root the project's directory
   * @param isTerminal whether `print` writes to a terminal on which no other reporter draws
   * @throws {SandboxError} OPTION_INVALID for a wrong `reports`
   */
  constructor(
    reports: ReportsOption | undefined,
    root: string,
    print: (text: string) => void,
    isTerminal: boolean,
  ) {
    this.#root = root
    this.#ledger = new Ledger(root)
    const chosen = chosenReports(reports)
    this.#unwritable = checkReports(chosen, root)
    this.#files = new ReportFiles(this.#ledger, chosen, root)
    this.#print = print
    this.#progress = new Progress(print, isTerminal)
  }

  /** Records a graded test that will run. */
  plan(meta: GradedMeta): void {
    this.#ledger.plan(meta)
    this.#progress.expect(meta.gradeboxSubmission)
  }

  /** Records the end of a graded test, with its outcome or with the reason why the test has no outcome. */
  end(meta: GradedMeta, outcome: TestOutcome | string): void {
    if (typeof outcome === 'string') this.#ledger.fail(meta, outcome)
    else this.#ledger.end(meta, outcome)
    this.#progress.tick(meta.gradeboxSubmission, this.#ledger.progress())
    this.#files.update()
  }

  hasEnded(meta: GradedMeta): boolean {
    return this.#ledger.hasEnded(meta)
  }

  /**
   * Writes the last reports and prints the summary. Sets the exit code if a submission could not be graded, if a report
   * could not be written, or if an error was not caught.
   *
   * @param fileErrors the errors of test files that could not be loaded
   * @param uncaught errors that no test caught. A test that forgets an `await` can pass in spite of such an error.
   */
  finish({
    fileErrors,
    uncaught = [],
  }: {
    readonly fileErrors: readonly string[]
    readonly uncaught?: readonly string[]
  }): void {
    this.#progress.clear()
    if (!this.#ledger.isEmpty) this.#end({ ...this.#files.flush(), uncaught })
    else if (fileErrors.some(isRefusal)) {
      this.#end({ paths: [], failures: this.#unwritable, uncaught: [] })
    }
  }

  #end({
    paths,
    failures,
    uncaught,
  }: WrittenReports & { readonly uncaught: readonly string[] }): void {
    const reports = this.#ledger.reports()
    const isQuiet = process.env[QUIET_VARIABLE] === '1'
    const written = paths.map((path) => shortest(this.#root, path)).join(', ')
    const lines = [
      ...(isQuiet ? [] : reports.flatMap(summaryLines)),
      ...(isQuiet || written === '' ? [] : [`Written: ${written}`]),
      ...[...failures].map(
        ([path, reason]) =>
          `Not written: ${shortest(this.#root, path)}\n${reason.replace(/^/gm, '  ')}`,
      ),
      ...uncaught.map(
        (message) =>
          `Not caught: ${visibleLine(message)}. A test may have passed in spite of it: await every promise, and grade again.`,
      ),
    ]
    if (lines.length > 0) this.#print(`\n${lines.join('\n')}\n\n`)
    Reflect.set(globalThis, UNWRITTEN, failures.size > 0)
    if (!reports.some(hasTrouble) && failures.size === 0 && uncaught.length === 0) return
    const exit = () => {
      process.exitCode = NOT_GRADABLE
    }
    exit()
    // Vitest sets an exit code after the reporters have ended, and Jest sets an exit code when the process exits. The
    // session therefore sets its exit code again at the very end.
    process.once('exit', exit)
    process.once('beforeExit', () => process.once('exit', exit))
  }
}

function shortest(root: string, path: string): string {
  const inside = relative(root, path)
  return inside.startsWith('..') ? path : inside
}
