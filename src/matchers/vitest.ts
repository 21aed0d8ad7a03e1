import { expect } from 'vitest'
import { snapshotSerializer } from '../print/serializer.ts'
import { matchers } from './index.ts'
import type { RefusedFor, SandboxMatchers } from './types.ts'

/**
 * Registers the matchers and the snapshot serializer with Vitest. Import this module for its effect, or list this
 * module in `setupFiles`. The plugin `gradebox/vitest` loads this module by itself.
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

  // This signature precedes Vitest's own signature, and has the same result type for a value that may be a run.
  interface ExpectStatic {
    // biome-ignore lint/style/useShorthandFunctionType: an interface adds to the one of Vitest
    <T>(actual: T, message?: string): AssertionOn<T> & RefusedFor<T>
  }
}

// The type of Vitest's `expect(value)`. The type's parameters differ between the versions of Vitest.
declare const soft: (typeof expect)['soft']
type AssertionOn<T> = ReturnType<typeof soft<T>>
