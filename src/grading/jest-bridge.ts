// The value of `require('gradebox/grading/jest')` in tests under Jest. See `exports` in package.json.
import { describe, expect, test } from '@jest/globals'
import '../matchers/jest.ts'

interface PackageValues {
  readonly declareJestAssignment: (options: unknown, globals: unknown) => unknown
}

const { gradebox } = globalThis as { gradebox?: PackageValues }
if (gradebox === undefined) {
  throw new Error(
    "`require('gradebox/grading/jest')` needs Jest's `testEnvironment: 'gradebox/jest-environment'`",
  )
}
const { declareJestAssignment } = gradebox

/** scripts/cjs-types.mjs writes the types into a file next to this file. */
export const assignment = (options: unknown): unknown =>
  declareJestAssignment(options, { describe, test, expect })
