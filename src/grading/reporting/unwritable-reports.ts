import { resolve } from 'node:path'
import { asError } from '../../errors/as-error.ts'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { visibleLine } from '../../units/visible.ts'
import { checkReportFile } from '../report/atomic-file.ts'
import type { ChosenReport } from '../writers/reports-option.ts'

// The process that reports sets this variable, and the processes that run tests inherit it.
const VARIABLE = 'GRADEBOX_UNWRITABLE_REPORTS'

/**
 * Checks that the files of reports can be written.
 *
 * @returns for the path of each file that cannot be written: the reason
 */
export function unwritableReports(
  files: readonly (readonly [kind: string, path: string])[],
): ReadonlyMap<string, string> {
  const failures = new Map<string, string>()
  const kinds = new Map<string, string>()
  for (const [kind, path] of files) {
    const other = kinds.get(path)
    if (other !== undefined) {
      failures.set(path, `${visibleLine(path)} is the file of two reports: ${other} and ${kind}`)
      continue
    }
    kinds.set(path, kind)
    try {
      checkReportFile(path)
    } catch (error) {
      failures.set(path, asError(error).message)
    }
  }
  return failures
}

/** Checks the reports before a grading starts. If a report cannot be written, Gradebox refuses all assignments. */
export function checkReports(
  reports: readonly ChosenReport[],
  root: string,
): ReadonlyMap<string, string> {
  const files = reports.map(([kind, { path }]) => [kind, resolve(root, path)] as const)
  const failures = unwritableReports(files)
  if (failures.size === 0) delete process.env[VARIABLE]
  else process.env[VARIABLE] = [...failures.values()].join('\n')
  return failures
}

const REFUSAL = 'No test was run, because a report cannot be written'

/** Whether a message is the error of {@link refuseUnwritableReports}. */
export const isRefusal = (message: string): boolean => message.includes(REFUSAL)

/**
 * Refuses an assignment whose reports cannot be written, because hours of grading would be lost.
 *
 * @throws {SandboxError} SETUP_FAILED
 */
export function refuseUnwritableReports(): void {
  const trouble = process.env[VARIABLE]
  if (trouble === undefined) return
  throw new SandboxError([REFUSAL, ...trouble.split('\n')], {
    code: 'SETUP_FAILED',
  })
}
