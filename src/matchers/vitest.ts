import { expect } from 'vitest'
import { snapshotSerializer } from '../print/serializer.ts'
import { matchers } from './index.ts'
import type { SandboxMatchers } from './types.ts'

/**
 * Registers the matchers and the snapshot serializer with Vitest: import it for its effect, or list it in `setupFiles`. The
 * plugin `gradebox/vitest` does so by itself.
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
}
