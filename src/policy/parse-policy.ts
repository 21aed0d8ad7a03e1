import { invalid } from '../errors/invalid.ts'
import { extendedLayers } from './extends.ts'
import { mergeLayers } from './merge-layers.ts'
import type { Policy } from './policy.ts'
import {
  type PolicyOrigin,
  type ReadLayer,
  readLayer,
  subject,
  validateLayer,
} from './read-layer.ts'
import { TemplateInputs } from './source/template-inputs.ts'

function complete(top: ReadLayer, inputs: TemplateInputs): Policy {
  const layers = extendedLayers(top, inputs)
  const { policy, problems } = mergeLayers(
    layers.map(({ layer }) => layer),
    top.origin.name,
  )
  const [first] = problems
  if (first === undefined) return policy
  // Reports the problems of one file; the next check reports those of the others.
  const at = layers[first.layer] ?? top
  const ofOne = problems.filter(({ layer }) => layer === first.layer)
  throw invalid(subject(at.origin), ofOne, { source: at.source })
}

/**
 * Validates a policy that is an object, and fills in its defaults. A number for `walltime` or `cpu` in its
 * limits means milliseconds.
 *
 * @throws {SandboxError} POLICY_INVALID with every problem: its place, the expected and the actual value
 */
export function validatePolicy(
  value: unknown,
  origin: PolicyOrigin,
  inputs = new TemplateInputs(),
): Policy {
  return complete(validateLayer(value, { origin }, 'ms'), inputs)
}

/**
 * Reads a policy's text and the policies that it extends.
 *
 * @param inputs records the files and variables that the policy is made from
 * @throws {SandboxError} POLICY_INVALID with file, line, column and the lines around
 */
export function parsePolicy(
  text: string,
  origin: PolicyOrigin,
  inputs = new TemplateInputs(),
): Policy {
  return complete(readLayer(text, origin, inputs), inputs)
}
