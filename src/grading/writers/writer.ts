import type { Report } from '../report/schema.ts'

/** What a writer may be asked for besides the report. */
export interface WriterOptions {
  /** The language of the texts that the writer adds; the messages of the tests are as the report has them. */
  readonly language?: string
}

/** Makes one platform's format of a report. The same report always gives the same contents. */
export type ReportWriter = (report: Report, options: WriterOptions) => string | Uint8Array
