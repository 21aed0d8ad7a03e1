import type { GradedMeta } from '../report/test-outcome.ts'
import type { AssignmentOptions } from './assignment-options.ts'
import type { GradedTestDeclaration } from './declared.ts'
import type { SubmissionState } from './submission-state.ts'

/** The functions that an assignment needs from a test runner. */
export interface TestRunner<Expect> {
  /** The test file that is being loaded. */
  testFile(): string
  /** Compares a run with an exit code, and with an answer unless the output does not matter. */
  compare(run: unknown, answer: object | string | undefined, exitCode: number): void
  /** Declares a suite per submission; `tests()` returns all tests once the file is loaded. */
  declareSuites(declared: Declared<Expect>): void
  /** Called after each declaration of a test, while its line is on the stack. */
  declareTest(declared: Declared<Expect>, test: GradedTestDeclaration<Expect>): void
}

/** The part of an assignment that a test runner needs. */
export interface Declared<Expect> {
  readonly options: AssignmentOptions
  readonly submissions: readonly SubmissionState[]
  readonly tests: readonly GradedTestDeclaration<Expect>[]
  meta(submission: SubmissionState, test: GradedTestDeclaration<Expect>): GradedMeta
}
