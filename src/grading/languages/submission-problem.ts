import type { ProblemCode } from '../report/report-schema.ts'

/** The error for a submission that cannot run, if the machine is not at fault. */
export class SubmissionProblem extends Error {
  override readonly name = 'SubmissionProblem'
  readonly code: ProblemCode
  /** The values that messages about the problem contain, such as the names of files. */
  readonly values: Readonly<Record<string, string>>

  constructor(code: ProblemCode, values: Readonly<Record<string, string>> = {}) {
    super(`${code}${Object.keys(values).length === 0 ? '' : ` ${JSON.stringify(values)}`}`)
    this.code = code
    this.values = values
  }
}
