// The value of `require('gradebox')` in tests under Jest: see `exports` in package.json.

const { gradebox } = globalThis as { gradebox?: Readonly<Record<string, unknown>> }
if (gradebox === undefined) {
  throw new Error(
    "`require('gradebox')` needs Jest's `testEnvironment: 'gradebox/jest-environment'`",
  )
}

/** The environment's own values; their types are those of the package's main entry. */
export const { sandboxed, createSandbox, SandboxError, isSandboxError, isSandboxResult } = gradebox
