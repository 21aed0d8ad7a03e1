import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestSearch } from '../grading/submissions/test-search.ts'
import type { SandboxDefaults } from '../runner/options/defaults.ts'
import type { SandboxOptions } from '../runner/options/sandbox-options.ts'
import type { GradeboxOptions } from './gradebox-options.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The values that the plugin passes to its setup file in each worker. */
    gradebox: {
      readonly defaults: SandboxDefaults
      readonly scratchRoot: string
      /** Whether a reporter may show the runs of a test. */
      readonly showsRuns: boolean
      /** Where Vitest looks for test files. */
      readonly search: TestSearch
    }
  }
}

/**
 * Prepares options for structured clone to a worker: a policy's URL or relative path becomes an absolute path.
 *
 * @param root - the project's directory
 */
export function provided({ policy, ...rest }: GradeboxOptions, root: string): SandboxDefaults {
  return policy === undefined ? rest : { ...rest, policy: absolutePolicy(policy, root) }
}

/**
 * Merges two sets of options. A value of the second replaces one of the first; `limits` and `env` merge name by name.
 */
export function mergeOptions(base: GradeboxOptions, over: GradeboxOptions): GradeboxOptions {
  const merged = { ...base, ...over }
  const both = (name: 'limits' | 'env') =>
    base[name] !== undefined && over[name] !== undefined
      ? { [name]: { ...base[name], ...over[name] } }
      : {}
  return { ...merged, ...both('limits'), ...both('env') }
}

type PolicyOption = NonNullable<SandboxOptions['policy']>

function absolutePolicy(policy: PolicyOption, root: string): PolicyOption {
  if (policy instanceof URL) return fileURLToPath(policy)
  if (typeof policy === 'string' && policy.startsWith('.')) return resolve(root, policy)
  return policy
}
