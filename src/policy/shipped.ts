import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// The package's folder policies/. The relative path is the same from src/policy and from dist/policy.
const directory = new URL('../../policies/', import.meta.url)

let names: readonly string[] | undefined

/** The names of the policies that come with the package, in alphabetical order. */
export function shippedPolicies(): readonly string[] {
  names ??= readdirSync(directory)
    .filter((file) => file.endsWith('.toml'))
    .map((file) => file.slice(0, -'.toml'.length))
    .sort()
  return names
}

/** The file of a shipped policy; `undefined` for an unknown name. */
export function shippedPolicyPath(name: string): string | undefined {
  if (!shippedPolicies().includes(name)) return undefined
  return fileURLToPath(new URL(`${encodeURIComponent(name)}.toml`, directory))
}
