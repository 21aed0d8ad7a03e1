import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SandboxDefaults } from '../runner/defaults.ts'
import type { SandboxOptions } from '../runner/options/sandbox-options.ts'
import type { GradeboxOptions } from './gradebox-options.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What the plugin hands to its setup file in each worker. */
    gradebox: { readonly defaults: SandboxDefaults; readonly scratchRoot: string }
  }
}

/**
 * The options as they go to a worker, by structured clone: a policy's URL or relative path becomes an
 * absolute path.
 *
 * @param root - The project's directory.
 */
export function provided({ policy, ...rest }: GradeboxOptions, root: string): SandboxDefaults {
  return policy === undefined ? rest : { ...rest, policy: absolutePolicy(policy, root) }
}

/** Options with others over them; `limits` and `env` are merged, name by name. */
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
