/** The kinds of problems before a submission's program can run. */
export type ProblemCode =
  | 'empty'
  | 'no-program'
  | 'several-languages'
  | 'several-programs'
  | 'no-start'
  | 'too-large'
  | 'unreadable'
  | 'build-failed'
  | 'built-nothing'
  | 'built-several'

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
