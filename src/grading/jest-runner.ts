import type { GradedTestDeclaration } from './assignment/declared.ts'
import type { SubmissionState } from './assignment/submission-state.ts'
import type { Declared, TestRunner } from './assignment/test-runner.ts'
import { GRADED, type GradedMeta } from './report/test-outcome.ts'

/** The part of Jest's globals that graded tests need. */
export interface JestGlobals<Expect> {
  readonly describe: (name: string, fn: () => void) => void
  readonly test: ((name: string, fn: () => Promise<void>, timeout: number) => void) & {
    readonly concurrent: (name: string, fn: () => Promise<void>, timeout: number) => void
  }
  readonly expect: Expect & { getState(): { readonly testPath?: string | undefined } }
}

/** Declares graded tests to Jest. */
export function jestRunner<Expect>({
  describe,
  test,
  expect,
}: JestGlobals<Expect>): TestRunner<Expect> {
  const declare = (
    declared: Declared<Expect>,
    submission: SubmissionState,
    graded: GradedTestDeclaration<Expect>,
  ): void => {
    const meta = declared.meta(submission, graded)
    const run = Object.assign(() => tryAgain(submission, graded, expect, meta), { [GRADED]: meta })
    const add = declared.options.concurrent === true ? test.concurrent : test
    add(graded.plan.name, run, graded.timeoutMs)
  }
  return {
    testFile: () => expect.getState().testPath ?? '',
    compare: (run, answer, exitCode) => {
      const matchers = expect as unknown as (value: unknown) => {
        toSucceed(): void
        toExitWith(code: number): void
        toHaveStdout(answer: unknown): void
      }
      if (exitCode === 0) matchers(run).toSucceed()
      else matchers(run).toExitWith(exitCode)
      if (answer !== undefined) matchers(run).toHaveStdout(answer)
    },
    declareSuites: () => {},
    // Jest accepts no suite after it has loaded the file, so each test gets its own suite immediately.
    // `gradebox/jest-environment` joins the suites of one submission.
    declareTest: (declared, graded) => {
      for (const submission of declared.submissions) {
        describe(submission.found.id, () => declare(declared, submission, graded))
      }
    },
  }
}

// Jest can retry only whole files.
async function tryAgain<Expect>(
  submission: SubmissionState,
  graded: GradedTestDeclaration<Expect>,
  expect: Expect,
  meta: GradedMeta,
): Promise<void> {
  for (let left = graded.retry; ; left -= 1) {
    try {
      await submission.judge(
        graded,
        () => expect,
        noSoftFailures,
        (outcome) => {
          meta.gradeboxOutcome = outcome
        },
      )
      return
    } catch (error) {
      if (left === 0) throw error
    }
  }
}

const noSoftFailures = () => []
