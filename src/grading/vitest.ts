import { relative } from 'node:path'
import {
  describe,
  type ExpectStatic,
  expect as globalExpect,
  inject,
  type ProvidedContext,
  type SuiteCollector,
  test as vitestTest,
} from 'vitest'
import { SandboxError } from '../errors/sandbox-error.ts'
import '../matchers/vitest.ts'
import { defaultConcurrency } from '../runner/queue/queue.ts'
import { printableJson, visibleLine } from '../units/visible.ts'
import { declareAssignment } from './assignment/assignment.ts'
import type { Assignment } from './assignment/assignment-interface.ts'
import type { AssignmentOptions } from './assignment/assignment-options.ts'
import type { GradedTestDeclaration } from './assignment/declared.ts'
import type { SubmissionState } from './assignment/submission-state.ts'
import type { Declared } from './assignment/test-runner.ts'
import type { GradedMeta, TestOutcome } from './report/test-outcome.ts'
import { runAs } from './reporting/vitest-uncaught.ts'
import type { Shard } from './submissions/select.ts'
import { isSearched, isWithin } from './submissions/test-search.ts'
import { readAssignment } from './toml/read-assignment.ts'
import { toOptions } from './toml/to-options.ts'

export type * from './assignment/public-types.ts'

declare module 'vitest' {
  interface TaskMeta extends Partial<GradedMeta> {}
}

/**
 * Declares an assignment. Each submission gets a suite with the submission's name and every test. With the plugin
 * `gradebox/vitest`, Gradebox writes the reports while the tests run.
 *
 * @throws {SandboxError} OPTION_INVALID for a wrong option, and when there are no submissions
 * @example
 * const median = assignment({ name: 'Median', submissions: 'submissions' })
 *
 * median.test('three numbers', { points: 2 }, async ({ run, expect }) => {
 *   expect(await run({ stdin: '3 1 2\n' })).toHaveStdout({ lines: '2' })
 * })
 */
export function assignment(options: AssignmentOptions): Assignment<ExpectStatic> {
  return declareAssignment(options, runner(testFile))
}

/**
 * Declares the assignment of an `assignment.toml`. `gradebox grade` makes a test file that calls this function.
 *
 * @param path - the file's absolute path
 * @param part - the part of the submissions to declare, because several workers can share one assignment
 * @throws {SandboxError} OPTION_INVALID that lists every problem of the file with its line and column
 */
export function declareToml(path: string, part?: Shard): void {
  const { options, groups, tests, cases } = toOptions(readAssignment(path), path)
  const declared = declareAssignment(
    options,
    runner(() => path),
    part,
  )
  for (const { name, options: own } of groups) declared.group(name, own)
  for (const test of tests) declared.data(test)
  for (const { path: pattern, options: own } of cases) declared.cases(pattern, own)
}

type Test = GradedTestDeclaration<ExpectStatic>

interface Location {
  readonly line: number
  readonly column: number
}

function runner(file: () => string) {
  const locations = new Map<Test, Location>()
  return {
    testFile: file,
    refuseSearched,
    // Vitest makes a separate `expect` for each test that asks for one. The global `expect` is enough here, because
    // nothing counts the assertions.
    compare: (run: unknown, answer: object | string | undefined, exitCode: number) => {
      if (exitCode === 0) globalExpect(run).toSucceed()
      else globalExpect(run).toExitWith(exitCode)
      if (answer !== undefined) globalExpect(run).toHaveStdout(answer as string)
    },
    // Vitest calls a suite's function after Vitest has loaded the file. All tests are declared by then.
    declareSuites: (declared: Declared<ExpectStatic>) => {
      const suites = new Map<SubmissionState, SuiteCollector>()
      for (const [index, submission] of declared.submissions.entries()) {
        submission.followedBy(() => {
          const willRun = (each: SubmissionState) =>
            suites.get(each)?.tasks.some(({ mode }) => mode === 'run' || mode === 'queued') === true
          return declared.submissions
            .slice(index + 1)
            .filter(willRun)
            .slice(0, defaultConcurrency())
        })
        const suite = describe(submission.found.id, {
          concurrent: declared.options.concurrent ?? true,
        }, () => {
          for (const test of declared.tests) {
            addTest(declared, submission, test)
            const task = suite.tasks.at(-1)
            const location = locations.get(test)
            if (task !== undefined && task.type === 'test' && location !== undefined) {
              task.location ??= location
            }
          }
        })
        suites.set(submission, suite)
      }
    },
    declareTest: (_: Declared<ExpectStatic>, test: Test) => {
      const location = callerLocation()
      if (location !== undefined) locations.set(test, location)
    },
  }
}

// Before Vitest runs any test file, the plugin excludes the submissions that the code of the test files names. This
// function refuses submissions that the plugin missed.
function refuseSearched(paths: readonly string[]): void {
  const search = (inject('gradebox') as ProvidedContext['gradebox'] | undefined)?.search
  const own = testFile()
  const searched = search && paths.find((path) => !isWithin(own, path) && isSearched(path, search))
  if (search === undefined || searched === undefined) return
  const folder = visibleLine(relative(search.folder, searched))
  throw new SandboxError(
    `Vitest looks for test files in the submissions ${folder}, and would run a student's file outside of the sandbox`,
    {
      code: 'OPTION_INVALID',
      hint: `Name the folder in vitest.config.ts: plugins: [gradebox({ submissions: ${printableJson(folder)} })]`,
    },
  )
}

function addTest(declared: Declared<ExpectStatic>, submission: SubmissionState, test: Test): void {
  const { plan, timeoutMs, retry } = test
  const meta = declared.meta(submission, test)
  vitestTest(plan.name, { meta, timeout: timeoutMs, retry }, async (context) => {
    const { task } = context
    const errors = () => task.result?.errors ?? []
    const before = errors().length
    const softFailures = () => errors().slice(before)
    const keep = (outcome: TestOutcome) => {
      task.meta.gradeboxOutcome = outcome
    }
    await runAs(meta, () => submission.judge(test, () => context.expect, softFailures, keep))
  })
}

function testFile(): string {
  const { testPath } = globalExpect.getState()
  if (testPath === undefined) throw new Error('assignment() was called outside of a test file')
  return testPath
}

// Editors and `vitest FILE:LINE` find a test by the line that declares the test.
function callerLocation(): Location | undefined {
  const { testPath } = globalExpect.getState()
  const frame = new Error().stack?.split('\n').find((line) => testPath && line.includes(testPath))
  const [, line, column] = /:(\d+):(\d+)\)?$/.exec(frame ?? '') ?? []
  return line === undefined ? undefined : { line: Number(line), column: Number(column) }
}
