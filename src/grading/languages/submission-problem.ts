import type { ProblemCode } from '../report/report-schema.ts'

/** A submission that cannot be run, through no fault of the machine. */
export class SubmissionProblem extends Error {
  override readonly name = 'SubmissionProblem'
  readonly code: ProblemCode
  /** The values for the texts of the problem, such as the files. */
  readonly values: Readonly<Record<string, string>>

  constructor(code: ProblemCode, values: Readonly<Record<string, string>> = {}) {
    super(`${code}${Object.keys(values).length === 0 ? '' : ` ${JSON.stringify(values)}`}`)
    this.code = code
    this.values = values
  }
}
