import type { ReportWriter } from './writer.ts'

/** The report itself. */
export const writeJson: ReportWriter = (report) => `${JSON.stringify(report, null, 2)}\n`
