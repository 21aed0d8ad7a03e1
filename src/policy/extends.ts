import { dirname, resolve } from 'node:path'
import { invalid } from '../errors/invalid.ts'
import { unknownName } from '../errors/problem.ts'
import { type PolicyOrigin, type ReadLayer, readLayer } from './read-layer.ts'
import { readPolicyText } from './read-text.ts'
import { shippedPolicies, shippedPolicyPath } from './shipped.ts'
import type { TemplateInputs } from './source/template-inputs.ts'

function refuse({ origin, source }: ReadLayer, message: string): Error {
  return invalid(`policy ${origin.path ?? origin.name}`, [{ path: ['extends'], message }], {
    source,
  })
}

/** A name has no slash and does not end in `.toml`; a path has a slash or ends in `.toml`. */
export const isName = (reference: string): boolean =>
  !reference.includes('/') && !reference.endsWith('.toml')

// A policy that is an object has no path, so its reference is relative to the process's working directory.
function originOf(extending: ReadLayer, reference: string): Required<PolicyOrigin> {
  if (!isName(reference)) {
    const { path } = extending.origin
    const absolute = resolve(path === undefined ? '.' : dirname(path), reference)
    return { name: absolute, path: absolute }
  }
  const path = shippedPolicyPath(reference)
  if (path !== undefined) return { name: reference, path }
  throw refuse(extending, unknownName('policy', reference, shippedPolicies()))
}

/**
 * Reads the chain of policies that a policy extends.
 *
 * @returns every policy of the chain: first the policy that extends nothing, last the given policy
 * @throws {SandboxError} POLICY_INVALID for a policy that Gradebox cannot read, or that extends itself through other
 *   policies
 */
export function extendedLayers(top: ReadLayer, inputs: TemplateInputs): readonly ReadLayer[] {
  const layers = [top]
  const chain = [top.origin.path ?? top.origin.name]
  for (let last = top; last.extends !== undefined; last = layers[0] ?? top) {
    const origin = originOf(last, last.extends)
    if (chain.includes(origin.path)) {
      throw refuse(last, `the chain forms a circle: ${[...chain, origin.path].join(' -> ')}`)
    }
    chain.push(origin.path)
    layers.unshift(readLayer(textOf(last, origin, inputs), origin, inputs))
  }
  return layers
}

function textOf(extending: ReadLayer, { path }: Required<PolicyOrigin>, inputs: TemplateInputs) {
  try {
    return readPolicyText(path, inputs)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw refuse(extending, message.replace(/^Invalid policy /, ''))
  }
}
