import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SandboxDefaults } from '../runner/defaults.ts'
import type { GradeboxOptions } from './options.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What the plugin hands to its setup file in each worker. */
    gradebox: SandboxDefaults
  }
}

/**
 * The plugin's options as they go to a worker, by structured clone: a policy's URL or relative path
 * becomes an absolute path.
 *
 * @param root - The project's directory.
 * @param workers - How many workers run at once.
 */
export function provided(options: GradeboxOptions, root: string, workers: number): SandboxDefaults {
  const { policy, ...rest } = options
  if (policy === undefined) return { ...rest, workers }
  return { ...rest, policy: absolutePolicy(policy, root), workers }
}

function absolutePolicy(policy: string | URL | object, root: string): string | object {
  if (policy instanceof URL) return fileURLToPath(policy)
  if (typeof policy === 'string' && policy.startsWith('.')) return resolve(root, policy)
  return policy
}
