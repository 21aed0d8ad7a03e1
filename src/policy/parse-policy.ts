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
  // The error reports the problems of one file only. After the author mends them, the next check reports the problems
  // of the next file.
  const at = layers[first.layer] ?? top
  const ofOne = problems.filter(({ layer }) => layer === first.layer)
  throw invalid(subject(at.origin), ofOne, { source: at.source })
}

/**
 * Validates a policy that is an object, and fills in the defaults. A number for `walltime` or `cpu` in the policy's
 * limits means milliseconds.
 *
 * @throws {SandboxError} POLICY_INVALID with the place, the expected and the actual value of every problem
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
 * @param inputs records the files and variables from which the policy is made
 * @throws {SandboxError} POLICY_INVALID with file, line, column and the surrounding lines
 */
export function parsePolicy(
  text: string,
  origin: PolicyOrigin,
  inputs = new TemplateInputs(),
): Policy {
  return complete(readLayer(text, origin, inputs), inputs)
}
