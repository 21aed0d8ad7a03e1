import { resolve } from 'node:path'
import { nearest } from '../../errors/nearest.ts'
import type { Report } from '../../grading/report/report-schema.ts'
import { unwritableReports } from '../../grading/reporting/unwritable-reports.ts'
import { writeReports } from '../../grading/reporting/write-reports.ts'
import { type ReportKind, type WriterOptions, writers } from '../../grading/writers/index.ts'
import { DEFAULT_REPORT, REPORTS_VARIABLE } from '../../grading/writers/reports-option.ts'
import { quoted } from '../../units/visible.ts'
import { CliError, EXIT } from '../errors.ts'

/** A `--report KIND=FILE` that Gradebox has checked. */
export interface ReportFlag {
  readonly kind: ReportKind
  /** An absolute path. */
  readonly file: string
}

/**
 * Adds a `--report KIND=FILE` to the earlier ones.
 *
 * @throws {CliError} for an unknown kind, for a kind among the earlier flags, for a text without a file, and for a file
 *   name with a comma
 */
export function collectReport(text: string, earlier: readonly ReportFlag[] = []): ReportFlag[] {
  const at = text.indexOf('=')
  const kind = text.slice(0, at)
  const file = text.slice(at + 1)
  if (at < 1 || file === '') {
    throw new CliError(`Expected --report KIND=FILE, got ${JSON.stringify(text)}`, EXIT.failure)
  }
  if (!Object.hasOwn(writers, kind)) {
    const kinds = Object.keys(writers)
    const guess = nearest(kind, kinds)
    const advice =
      guess === undefined ? `the kinds are ${kinds.join(', ')}` : `did you mean ${guess}?`
    throw new CliError(`There is no kind of report ${quoted(kind)}; ${advice}`, EXIT.failure)
  }
  if (earlier.some((other) => other.kind === kind)) {
    throw new CliError(`There are two reports of the kind ${kind}; give it once`, EXIT.failure)
  }
  if (file.includes(',')) {
    throw new CliError(
      `Expected the file of a report to have no comma in its name, got ${JSON.stringify(file)}`,
      EXIT.failure,
    )
  }
  return [...earlier, { kind: kind as ReportKind, file: resolve(file) }]
}

/** Adds the JSON report if no flag names one, because Gradebox always writes the JSON report. */
export function withDefault(flags: readonly ReportFlag[]): readonly ReportFlag[] {
  if (flags.some(({ kind }) => kind === 'json')) return flags
  return [{ kind: 'json', file: resolve(DEFAULT_REPORT) }, ...flags]
}

/**
 * Checks, before the work starts, that Gradebox can write every report file.
 *
 * @throws {CliError} that names each file that cannot be written
 */
export function refuseUnwritable(flags: readonly ReportFlag[]): void {
  const failures = unwritableReports(flags.map(({ kind, file }) => [kind, file]))
  if (failures.size > 0) throw new CliError([...failures.values()].join('\n'), EXIT.usage)
}

/** Passes the flags, in an environment variable, to the reporter that writes the reports of the tests. */
export function setReports(flags: readonly ReportFlag[]): void {
  const own = flags.map(({ kind, file }) => `${kind}=${file}`)
  const others = (process.env[REPORTS_VARIABLE] ?? '').split(',').filter((each) => each !== '')
  process.env[REPORTS_VARIABLE] = [...others, ...own].join(',')
}

/** Writes a report in every format that the flags name, and returns the paths of the files. */
export function writeFlags(
  report: Report,
  flags: readonly ReportFlag[],
  options: WriterOptions,
): string[] {
  return flags.flatMap(({ kind, file }) => writeReports(report, kind, file, options))
}
