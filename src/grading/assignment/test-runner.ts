import type { GradedMeta } from '../report/test-outcome.ts'
import type { AssignmentOptions } from './assignment-options.ts'
import type { GradedTestDeclaration } from './declared.ts'
import type { SubmissionState } from './submission-state.ts'

/** The functions that an assignment needs from a test runner. */
export interface TestRunner<Expect> {
  /** The test file that is being loaded. */
  testFile(): string
  /**
   * Refuses submissions in which the test runner looks for test files, because the runner would run these files outside
   * of the sandbox.
   *
   * @param paths absolute paths of folders with submissions, and of submissions
   * @throws {SandboxError} OPTION_INVALID, which names the path, and the setting that protects the path
   */
  refuseSearched?(paths: readonly string[]): void
  /** Compares the exit code of a run. Compares the output too, unless `answer` is undefined. */
  compare(run: unknown, answer: object | string | undefined, exitCode: number): void
  /** Declares a suite per submission. `declared.tests` contains all tests only after the test file is loaded. */
  declareSuites(declared: Declared<Expect>): void
  /**
   * The assignment calls this method at each declaration of a test, while the line of the declaration is on the stack.
   */
  declareTest(declared: Declared<Expect>, test: GradedTestDeclaration<Expect>): void
}

/** The part of an assignment that a test runner needs. */
export interface Declared<Expect> {
  readonly options: AssignmentOptions
  readonly submissions: readonly SubmissionState[]
  readonly tests: readonly GradedTestDeclaration<Expect>[]
  meta(submission: SubmissionState, test: GradedTestDeclaration<Expect>): GradedMeta
}
