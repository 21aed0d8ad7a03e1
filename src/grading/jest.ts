import { describe, expect, test } from '@jest/globals'
import '../matchers/jest.ts'
import { declareAssignment } from './assignment/assignment.ts'
import type { Assignment } from './assignment/assignment-interface.ts'
import type { AssignmentOptions } from './assignment/assignment-options.ts'
import { type JestGlobals, jestRunner } from './jest-runner.ts'

export type * from './assignment/public-types.ts'

/**
 * Declares an assignment. Each submission gets a suite with its name, which contains every test. With Jest's
 * `testEnvironment: 'gradebox/jest-environment'` and the reporter `gradebox/grading/jest-reporter`, Gradebox writes the
 * reports while the tests run.
 *
 * @throws {SandboxError} OPTION_INVALID for a wrong option, or when there are no submissions
 * @example
 * const median = assignment({ name: 'Median', submissions: 'submissions' })
 *
 * median.test('three numbers', { points: 2 }, async ({ run, expect }) => {
 *   expect(await run({ stdin: '3 1 2\n' })).toHaveStdout({ lines: '2' })
 * })
 */
export function assignment(options: AssignmentOptions): Assignment<typeof expect> {
  const globals = { describe, test, expect } as unknown as JestGlobals<typeof expect>
  return declareAssignment(options, jestRunner(globals))
}
