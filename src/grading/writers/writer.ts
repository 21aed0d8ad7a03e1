import type { Report } from '../report/report-schema.ts'

/** The options of a writer. */
export interface WriterOptions {
  /**
   * The language of the texts that the writer adds: `en`, `de` or `es`; default the assignment's. The messages of the
   * tests keep the language of the report.
   */
  readonly language?: string
  /**
   * `after-published` shows hidden tests on Gradescope once grades are published. Gradescope hides the total of a
   * submission from its student while a test is `hidden`. Default `hidden`.
   */
  readonly hiddenTests?: 'hidden' | 'after-published'
  /** `format-error` makes a compile error an invalid submission on PrairieLearn; default `score`: 0 points. */
  readonly compileErrors?: 'score' | 'format-error'
  /** `true` removes everything that names a student from the HTML report; default `false`. */
  readonly anonymous?: boolean
  /**
   * The variables that the platform sets, for formats that repeat them (Classroom 50). In a grading the default is the
   * environment of the process; in a direct call of a writer there is none.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Makes one platform's format of a report. The same report always gives the same contents. */
export type ReportWriter = (report: Report, options: WriterOptions) => string | Uint8Array
