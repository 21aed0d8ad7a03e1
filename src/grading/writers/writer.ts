import type { Report } from '../report/report-schema.ts'

/** The options of a writer. */
export interface WriterOptions {
  /**
   * The language of the texts that the writer adds: `en`, `de` or `es`; default the assignment's. The messages of the tests are as
   * the report has them.
   */
  readonly language?: string
  /**
   * `after-published` shows hidden tests on Gradescope once grades are published. Gradescope hides the total of a
   * submission from its student while a test is `hidden`. Default `hidden`.
   */
  readonly hiddenTests?: 'hidden' | 'after-published'
  /** `format-error` makes a compile error an invalid submission on PrairieLearn; default `score`: 0 points. */
  readonly compileErrors?: 'score' | 'format-error'
  /** `true` leaves out of the HTML report everything that names a student; default `false`. */
  readonly anonymous?: boolean
  /**
   * The variables that the platform sets, for formats that repeat them (Classroom 50). A grading takes its own environment by
   * default; a writer that is called by itself has none.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Makes one platform's format of a report. The same report always gives the same contents. */
export type ReportWriter = (report: Report, options: WriterOptions) => string | Uint8Array
