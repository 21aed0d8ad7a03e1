import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause } from '../../globals.ts'
import { type GradedMeta, testKey } from '../report/test-outcome.ts'
import { chosenReports, type ReportsOption } from '../writers/reports-option.ts'
import { type JestTest, StudentsFiles } from './jest-students-files.ts'
import { JOURNAL_VARIABLE, JournalReader } from './journal.ts'
import { GradingSession } from './session.ts'

export type { ReportsOption, ReportTarget } from '../writers/reports-option.ts'

/** Options of the reporter. */
export interface GradingReporterOptions {
  /**
   * The reports of graded tests. Each kind of report has a path relative to `rootDir`. The variable `GRADEBOX_REPORTS`
   * adds reports.
   *
   * @default { json: 'gradebox-report.json' }
   */
  readonly reports?: ReportsOption
}

/**
 * The time in ms for which the reporter prolongs a test run in watch mode after the last report. Jest ignores changed
 * files during a test run, so the report's file starts no new test run. Jest's watchers report a change after at most
 * 600 ms: the watchers collect changes for 100 to 500 ms (sane, parcel-watcher), and then the file map collects changes
 * for 30 ms (jest-haste-map).
 */
const WATCH_MS = 1000

/** The part of Jest's global configuration that the reporter needs. */
interface JestConfig {
  readonly rootDir: string
  readonly watch?: boolean
  readonly watchAll?: boolean
}

/**
 * Jest's reporter of graded tests: writes the reports while the tests run, and prints the points.
 *
 * @throws {SandboxError} OPTION_INVALID for a wrong `reports`
 * @example
 * export default {
 *   testEnvironment: 'gradebox/jest-environment',
 *   reporters: ['default', ['gradebox/grading/jest-reporter', { reports: { csv: 'grades.csv' } }]],
 * }
 */
export default class JestGradingReporter {
  readonly #rootDir: string
  readonly #isWatching: boolean
  readonly #options: GradingReporterOptions
  readonly #journal: string
  readonly #pending = new Map<string, GradedMeta>()
  readonly #studentsFiles = new StudentsFiles()
  #reader: JournalReader
  #session: GradingSession | undefined

  constructor(
    { rootDir, watch = false, watchAll = false }: JestConfig,
    options: GradingReporterOptions = {},
  ) {
    chosenReports(options.reports)
    this.#rootDir = rootDir
    this.#isWatching = watch || watchAll
    this.#options = options
    this.#journal = mkdtempSync(join(tmpdir(), 'gradebox-journal-'))
    this.#reader = new JournalReader(this.#journal)
    // Jest starts its workers later, and the workers inherit the variable.
    process.env[JOURNAL_VARIABLE] = this.#journal
    process.once('exit', (code) => {
      // Jest does not notice a worker that called process.exit(0). This process then ends without `onRunComplete`.
      if (code === 0 && this.#session !== undefined) {
        this.#read()
        this.#endPending('a test called process.exit()')
        this.#finish([])
      }
      rmSync(this.#journal, { recursive: true, force: true })
    })
  }

  onRunStart(): void {
    this.#pending.clear()
    // Jest's own reporters draw on the terminal, so Gradebox must not overwrite a line.
    const print = (text: string) => process.stderr.write(text)
    this.#session = new GradingSession(this.#options.reports, this.#rootDir, print, false)
  }

  onTestFileStart(test: JestTest): void {
    this.#studentsFiles.check(test)
  }

  onTestCaseResult(): void {
    this.#read()
  }

  onTestFileResult(_: unknown, { testExecError, failureMessage }: FileResult): void {
    this.#read()
    const reason = testExecError?.message ?? failureMessage
    if (testExecError !== undefined && testExecError !== null) this.#endPending(reason)
  }

  async onRunComplete(
    _: unknown,
    { testResults = [] }: { testResults?: readonly FileResult[] } = {},
  ): Promise<void> {
    this.#read()
    this.#finish(testResults.map(({ failureMessage }) => failureMessage ?? ''))
    if (this.#isWatching) await pause(WATCH_MS)
  }

  #finish(fileErrors: readonly string[]): void {
    const session = this.#session
    this.#session = undefined
    session?.finish({ fileErrors })
  }

  #read(): void {
    for (const entry of this.#reader.read()) {
      const { meta } = entry
      const key = testKey(meta)
      if (entry.type === 'plan') {
        this.#pending.set(key, meta)
        this.#session?.plan(meta)
      } else {
        this.#pending.delete(key)
        if (entry.type === 'end') this.#session?.end(meta, entry.outcome)
      }
    }
  }

  // A killed worker writes nothing more, so this function ends all pending tests. A pending test of another worker can
  // still end. The outcome from that worker then replaces the outcome from here.
  #endPending(reason: string | null | undefined): void {
    for (const [key, meta] of this.#pending) {
      this.#pending.delete(key)
      this.#session?.end(
        meta,
        `The test worker ended before the test did: ${(reason ?? 'unknown').replace(/\.$/, '')}. Grade again.`,
      )
    }
  }
}

interface FileResult {
  readonly testExecError?: { readonly message?: string } | null
  readonly failureMessage?: string | null
}
