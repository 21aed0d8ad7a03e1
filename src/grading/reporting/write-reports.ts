import { writeFileAtomically } from '../report/atomic-file.ts'
import type { Report } from '../report/report-schema.ts'
import { type ReportKind, splitReport, type WriterOptions, writers } from '../writers/index.ts'

/**
 * Writes a report in one format and returns the paths of the files. A platform that accepts only one submission gets
 * one file per submission.
 */
export function writeReports(
  report: Report,
  kind: ReportKind,
  file: string,
  options: WriterOptions,
): string[] {
  return splitReport(report, kind, file).map((part) => {
    writeFileAtomically(part.file, writers[kind](part.report, options))
    return part.file
  })
}
