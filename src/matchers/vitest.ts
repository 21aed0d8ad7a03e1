import { expect } from 'vitest'
import { snapshotSerializer } from '../print/serializer.ts'
import { matchers } from './index.ts'
import type { RefusedFor, SandboxMatchers } from './types.ts'

/**
 * Registers the matchers and the snapshot serializer with Vitest: import it for its effect, or list it in `setupFiles`.
 * The plugin `gradebox/vitest` does so by itself.
 *
 * @example
 * import 'gradebox/matchers/vitest'
 */
expect.extend(matchers)
expect.addSnapshotSerializer(snapshotSerializer)

// `Matchers` has different type parameters in Vitest 4 and 5, so no declaration fits both. These interfaces
// have no type parameters in either version, and Vitest derives its assertions from them, also after
// `resolves`.
declare global {
  namespace Chai {
    interface Assertion extends SandboxMatchers {}
  }
}

declare module 'vitest' {
  interface AsymmetricMatchersContaining extends SandboxMatchers<unknown> {}

  // This signature precedes Vitest's own, and has the same result type for a value that may be a run.
  interface ExpectStatic {
    // biome-ignore lint/style/useShorthandFunctionType: an interface adds to the one of Vitest
    <T>(actual: T, message?: string): AssertionOn<T> & RefusedFor<T>
  }
}

// The type of Vitest's `expect(value)`, whose parameters differ between its versions.
declare const soft: (typeof expect)['soft']
type AssertionOn<T> = ReturnType<typeof soft<T>>
