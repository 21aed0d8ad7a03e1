// Tests under Jest load this module by `require('gradebox')`: see `exports` in package.json.

const { gradebox } = globalThis as { gradebox?: Readonly<Record<string, unknown>> }
if (gradebox === undefined) {
  throw new Error(
    "`require('gradebox')` needs Jest's `testEnvironment: 'gradebox/jest-environment'`",
  )
}

/** The values from Gradebox's Jest environment. The package's main entry declares the types of these values. */
export const { sandboxed, createSandbox, SandboxError, isSandboxError, isSandboxResult } = gradebox
