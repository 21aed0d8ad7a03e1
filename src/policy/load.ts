import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invalid } from '../errors/invalid.ts'
import { show, unknownName } from '../errors/problem.ts'
import { isName } from './extends.ts'
import { parsePolicy, validatePolicy } from './parse-policy.ts'
import type { Policy } from './policy.ts'
import type { PolicyOrigin } from './read-layer.ts'
import { readPolicyText } from './read-text.ts'
import { shippedPolicies, shippedPolicyPath } from './shipped.ts'
import { TemplateInputs } from './source/template-inputs.ts'

/** A shipped policy's name, a path (with a slash, or ending in `.toml`), a file URL, or an object. */
export type PolicyReference = string | URL | object

interface Loaded {
  readonly policy: Policy
  /** The files and variables from which the policy was made. */
  readonly inputs: TemplateInputs
}

const files = new Map<string, Loaded>()
const objects = new WeakMap<object, Loaded & { readonly content: string }>()
const validated = new WeakSet<object>()

function fromFile(origin: Required<PolicyOrigin>): Policy {
  const known = files.get(origin.path)
  if (known?.inputs.areCurrent()) return known.policy
  const inputs = new TemplateInputs()
  const policy = parsePolicy(readPolicyText(origin.path, inputs), origin, inputs)
  validated.add(policy)
  files.set(origin.path, { policy, inputs })
  return policy
}

// Returns a text that changes with the object's content; `undefined` for content that no policy can have, such as
// cycles.
function fingerprint(value: object): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

// Returns the same policy for the same object with the same content, because the cache of images has the policy as its
// key.
function fromObject(value: object): Policy {
  if (validated.has(value)) return value as Policy
  const content = fingerprint(value) ?? ''
  const known = objects.get(value)
  if (known?.content === content && known.inputs.areCurrent()) return known.policy
  const inputs = new TemplateInputs()
  const policy = validatePolicy(value, { name: 'inline' }, inputs)
  validated.add(policy)
  objects.set(value, { content, policy, inputs })
  return policy
}

// Shipped policies do not change while the package runs.
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

// The check does not use `instanceof`, because under Jest a URL can come from another realm.
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
 * Finds, reads and validates a policy. The function returns the same value again until the file or object changes.
 *
 * @param reference a shipped name (`strict`), a path (with a slash or ending in `.toml`, relative to the working
 *   directory), a file URL, or an object with the keys of a policy file. Numbers for `walltime` and `cpu` are whole
 *   seconds in a file and milliseconds in an object.
 * @throws {SandboxError} POLICY_INVALID
 * @example loadPolicy('strict').limits.wallTimeMs // 10000
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
  if (isName(reference)) return fromName(reference)
  const path = resolve(reference)
  return fromFile({ name: path, path })
}
