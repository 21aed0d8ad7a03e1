import type { Report } from '../report/report-schema.ts'

/** The options of a writer. */
export interface WriterOptions {
  /**
   * The language of the texts that the writer adds: `en`, `de` or `es`. The default is the language of the assignment.
   * The messages of the tests keep the language of the report.
   */
  readonly language?: string
  /**
   * `after-published` shows hidden tests on Gradescope once grades are published. Gradescope hides the total of a
   * submission from its student while a test is `hidden`. Default `hidden`.
   */
  readonly hiddenTests?: 'hidden' | 'after-published'
  /** `format-error` makes a compile error an invalid submission on PrairieLearn. The default `score` gives 0 points. */
  readonly compileErrors?: 'score' | 'format-error'
  /** `true` removes everything that names a student from the HTML report; default `false`. */
  readonly anonymous?: boolean
  /**
   * The environment variables that the platform sets, for formats that repeat the values (Classroom 50). When Gradebox
   * grades, the default is the environment of the process. A direct call of a writer has no default.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Writes a report in one platform's format. The same report and options always give the same contents. */
export type ReportWriter = (report: Report, options: WriterOptions) => string | Uint8Array
