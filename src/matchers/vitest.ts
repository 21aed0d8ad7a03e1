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

// `Matchers` of Vitest 4 and 5 have different type parameters, so no declaration of it fits both.
// These have none in either, and Vitest derives its assertions, also behind `resolves`, from them.
declare global {
  namespace Chai {
    interface Assertion extends SandboxMatchers {}
  }
}

declare module 'vitest' {
  interface AsymmetricMatchersContaining extends SandboxMatchers<unknown> {}
}
