import { SandboxError } from '../../errors/sandbox-error.ts'
import { type ReportKind, type WriterOptions, writers } from './index.ts'

/** The file of a report, and the options of its writer. */
export interface ReportTarget extends WriterOptions {
  /** The path of the file, relative to the project's root. */
  readonly path: string
}

/** The reports to write. Each kind has a path, or an object with a path and the options of the writer. */
export type ReportsOption = Readonly<Partial<Record<ReportKind, string | ReportTarget>>>

/** The kind of a report to write, with the file and the options of the writer. */
export type ChosenReport = readonly [ReportKind, ReportTarget]

/** This variable names further reports, for CI. Its value is a list of `KIND=PATH`, separated by commas. */
export const REPORTS_VARIABLE = 'GRADEBOX_REPORTS'

/** The path of the JSON report, unless the option `reports.json` names another path. */
export const DEFAULT_REPORT = 'gradebox-report.json'

/**
 * Lists the reports to write, from the option and from `GRADEBOX_REPORTS`. If both name the same kind, the variable
 * wins. A value of the variable is, for example, `gradescope=/autograder/results/results.json,csv=grades.csv`.
 *
 * @throws {SandboxError} OPTION_INVALID for an unknown kind, and for a path that is not text
 */
export function chosenReports(
  option: ReportsOption = {},
  variable = process.env[REPORTS_VARIABLE] ?? '',
): ChosenReport[] {
  if (typeof option !== 'object' || option === null) {
    throw invalid(
      `Expected \`reports\` to be an object, got \`${String(option)}\` (${typeof option})`,
    )
  }
  const chosen = { json: DEFAULT_REPORT, ...option, ...fromVariable(variable) }
  return Object.entries(chosen).map(([kind, value]): ChosenReport => {
    if (!Object.hasOwn(writers, kind)) throw invalid(`There is no kind of report \`${kind}\``)
    const target: ReportTarget =
      typeof value === 'object' && value !== null ? value : { path: value }
    const { path } = target
    if (typeof path === 'string' && path !== '') return [kind as ReportKind, target]
    throw invalid(
      `Expected \`reports.${kind}\` to be a path, got \`${String(path)}\` (${typeof path})`,
    )
  })
}

function fromVariable(variable: string): Record<string, string> {
  const entries = variable.split(',').filter((entry) => entry.trim() !== '')
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=')
      if (at > 0) return [entry.slice(0, at).trim(), entry.slice(at + 1).trim()]
      throw invalid(`Expected ${REPORTS_VARIABLE} to be KIND=PATH, got \`${entry}\``)
    }),
  )
}

function invalid(summary: string): SandboxError {
  return new SandboxError(summary, {
    code: 'OPTION_INVALID',
    hint: `The kinds are ${Object.keys(writers).join(', ')}.`,
  })
}
