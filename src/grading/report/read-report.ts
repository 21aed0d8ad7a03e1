import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { REPORT_FORMAT, type Report, reportSchema } from './report-schema.ts'

/**
 * Reads a report from a file and checks it.
 *
 * @throws {SandboxError} OPTION_INVALID with the path, and the first key that does not follow the format
 */
export function readReport(path: string): Report {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error))
  }
  return parseReport(value, path)
}

/**
 * Checks that a value is a report.
 *
 * @param name the name of the value in the error message, such as its path
 * @throws {SandboxError} OPTION_INVALID
 */
export function parseReport(value: unknown, name: string): Report {
  const { success, output, issues } = v.safeParse(reportSchema, value)
  if (success) return output
  const [issue] = issues
  throw unreadable(name, `${v.getDotPath(issue) ?? 'the whole report'}: ${issue.message}`)
}

function unreadable(name: string, reason: string): SandboxError {
  return new SandboxError(`${name} is not a report that Gradebox can read: ${reason}`, {
    code: 'OPTION_INVALID',
    hint: `A report is the JSON of the format ${REPORT_FORMAT} that grading writes.`,
  })
}
