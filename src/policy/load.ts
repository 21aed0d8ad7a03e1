import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PolicyOrigin, parsePolicy, validatePolicy } from './parse.ts'
import type { Policy } from './policy.ts'
import { invalid, show, unknownName } from './problem.ts'
import { shippedPolicies, shippedPolicyPath } from './shipped.ts'

/** A shipped policy's name, a path (with a slash, or ending in `.toml`), a file URL, or an object. */
export type PolicyReference = string | URL | object

interface Loaded {
  /** Of the file, or of the object's content, when it was read. */
  readonly version: string
  readonly policy: Policy
}

const files = new Map<string, Loaded>()
const objects = new WeakMap<object, Loaded>()
const validated = new WeakSet<object>()

function remember(version: string, policy: Policy): Loaded {
  validated.add(policy)
  return { version, policy }
}

function fileError(path: string, { code = 'EIO' }: NodeJS.ErrnoException): Error {
  const what = code === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${code}`
  return invalid(`policy ${path}`, [{ path: [], message: what }])
}

function fromFile(origin: PolicyOrigin & { readonly path: string }): Policy {
  const known = files.get(origin.path)
  try {
    const { mtimeMs, size, ino } = statSync(origin.path)
    const version = `${mtimeMs} ${size} ${ino}`
    if (known?.version === version) return known.policy
    const loaded = remember(version, parsePolicy(readFileSync(origin.path, 'utf8'), origin))
    files.set(origin.path, loaded)
    return loaded.policy
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw fileError(origin.path, error as NodeJS.ErrnoException)
    }
    throw error
  }
}

// Changes with the object's content; `undefined` for content that no policy has, such as cycles.
function fingerprint(value: object): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

// The same object with the same content gives the same policy, by which images are cached.
function fromObject(value: object): Policy {
  if (validated.has(value)) return value as Policy
  const version = fingerprint(value) ?? ''
  const known = objects.get(value)
  if (known?.version === version) return known.policy
  const loaded = remember(version, validatePolicy(value, { name: 'inline' }, 'ms'))
  objects.set(value, loaded)
  return loaded.policy
}

// What the package ships does not change while it runs.
const shipped = new Map<string, Policy>()

function fromName(name: string): Policy {
  const known = shipped.get(name)
  if (known !== undefined) return known
  const path = shippedPolicyPath(name)
  if (path !== undefined) {
    const policy = fromFile({ name, path })
    shipped.set(name, policy)
    return policy
  }
  const message = unknownName('name', name, shippedPolicies())
  throw invalid('policy', [{ path: [], message }], {
    hint: `Shipped policies: ${shippedPolicies().join(', ')}. A path has a slash or ends in .toml.`,
  })
}

// Not `instanceof`: under Jest a URL can come from another realm.
function isUrl(reference: object): reference is URL {
  return Object.prototype.toString.call(reference) === '[object URL]'
}

function fromUrl(url: URL): Policy {
  if (url.protocol === 'file:') {
    const path = fileURLToPath(url.href)
    return fromFile({ name: path, path })
  }
  throw invalid('policy', [{ path: [], message: `expected a file: URL, got ${show(url.href)}` }])
}

/**
 * Finds, reads and validates a policy. A policy that was loaded before, and whose file or object
 * has not changed since, is the same value.
 *
 * @param reference a shipped name (`strict`), a path (one with a slash or ending in `.toml`,
 * relative to the working directory), a file URL, or an object with the keys of a policy file;
 * numbers for `walltime` and `cpu` are whole seconds in a file and milliseconds in an object
 * @throws {SandboxError} POLICY_INVALID
 * @example
 * loadPolicy('strict').limits.walltimeMs // 10000
 */
export function loadPolicy(reference: PolicyReference): Policy {
  if (typeof reference === 'object' && reference !== null) {
    return isUrl(reference) ? fromUrl(reference) : fromObject(reference)
  }
  if (typeof reference !== 'string') {
    const message = `expected a name, a path, a file URL or an object, got ${show(reference)}`
    throw invalid('policy', [{ path: [], message }])
  }
  if (reference.includes('\0')) {
    const message = `expected a path without NUL characters, got ${show(reference)}`
    throw invalid('policy', [{ path: [], message }])
  }
  if (!reference.includes('/') && !reference.endsWith('.toml')) return fromName(reference)
  const path = resolve(reference)
  return fromFile({ name: path, path })
}
