import { expect } from '@jest/globals'
import { snapshotSerializer } from '../print/serializer.ts'
import { matchers } from './index.ts'
import type { MatchersFor, SandboxMatchers } from './types.ts'

/**
 * Registers the matchers and the snapshot serializer with Jest. List this module in `setupFilesAfterEnv`. The module
 * works with `require` and with `import`, and needs no injected globals.
 *
 * @throws {Error} when the module loads before Jest has defined `expect`, as from `setupFiles`.
 * @example
 * export default { setupFilesAfterEnv: ['gradebox/matchers/jest'] }
 */
if (expect === undefined) {
  throw new Error('List gradebox/matchers/jest in `setupFilesAfterEnv`; `setupFiles` is too early')
}
expect.extend(matchers)
expect.addSnapshotSerializer(snapshotSerializer)

// The environment calls this function to distinguish concurrent tests, because jest-circus reports the current
// test only to `expect`.
Object.defineProperty(globalThis, Symbol.for('gradebox.currentJestTest'), {
  value: (): unknown => (expect.getState() as TestState).currentTestIdentity?.(),
  configurable: true,
})

interface TestState {
  readonly currentTestIdentity?: () => unknown
}

// These declarations apply to `import { expect } from '@jest/globals'`.
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends MatchersFor<R, T> {}
  interface AsymmetricMatchers extends SandboxMatchers<unknown> {}
}

// These declarations apply to the global `expect` of the package @types/jest.
declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: must repeat the declaration that it adds to
    interface Matchers<R, T = {}> extends MatchersFor<R, T> {}
    interface Expect extends SandboxMatchers<unknown> {}
    interface InverseAsymmetricMatchers extends SandboxMatchers<unknown> {}
  }
}
