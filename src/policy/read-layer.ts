import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import { invalid } from '../errors/invalid.ts'
import type { KeyPath, Problem } from '../errors/problem.ts'
import { checkLayer, type PolicyLayer } from './layer.ts'
import type { LimitUnits } from './policy-limits.ts'
import { policySchema } from './policy-schema.ts'
import { PolicySource } from './source/policy-source.ts'
import { isTemplate, renderTemplate } from './source/template.ts'
import { TemplateError } from './source/template-error.ts'
import type { TemplateInputs } from './source/template-inputs.ts'

/** The name of a policy in results and errors. */
export interface PolicyOrigin {
  /** The value of `policy.name`. */
  readonly name: string
  /** The path of the policy's file; absent for a policy without a file. */
  readonly path?: string
}

/** One policy of a chain of policies that extend one another. */
export interface ReadLayer {
  readonly layer: PolicyLayer
  /** The name or path of the extended policy, as the author wrote it. */
  readonly extends: string | undefined
  readonly origin: PolicyOrigin
  /** Absent for a policy that is an object. */
  readonly source: PolicySource | undefined
}

/** The subject of an error that has no place in a text. */
export const subject = ({ name, path }: PolicyOrigin): string => `policy ${path ?? name}`

function schemaProblem(issue: v.BaseIssue<unknown>): Problem {
  const path: KeyPath = (issue.path ?? []).map(({ key }) =>
    typeof key === 'number' ? key : String(key),
  )
  const { message } = issue
  // The error reports an unknown key at the table that contains the key.
  return issue.type === 'strict_object' && issue.expected === 'never'
    ? { path: path.slice(0, -1), message, key: String(path.at(-1)) }
    : { path, message }
}

// Finds the problems of the keys whose shape is right, so that one error reports everything.
function problemsElsewhere(
  value: unknown,
  issues: readonly v.BaseIssue<unknown>[],
  bareTime: LimitUnits['bareTime'],
): readonly Problem[] {
  const broken = new Set(issues.map(({ path }) => path?.[0]?.key))
  if (broken.has(undefined)) return []
  const sound = Object.entries(value as object).filter(([key]) => !broken.has(key))
  const parsed = v.safeParse(policySchema, Object.fromEntries(sound))
  return parsed.success ? checkLayer(parsed.output, { bareTime }).problems : []
}

/**
 * Validates one policy that is an object, or that TOML has already parsed.
 *
 * @param bareTime the unit of a bare number in the policy's limits: seconds in a file, milliseconds in code
 * @throws {SandboxError} POLICY_INVALID with every problem: its place, the expected and the actual value
 */
export function validateLayer(
  value: unknown,
  { origin, source }: { origin: PolicyOrigin; source?: PolicySource | undefined },
  bareTime: LimitUnits['bareTime'],
): ReadLayer {
  const parsed = v.safeParse(policySchema, value, { abortPipeEarly: true })
  if (!parsed.success) {
    const others = problemsElsewhere(value, parsed.issues, bareTime)
    throw invalid(subject(origin), [...parsed.issues.map(schemaProblem), ...others], { source })
  }
  const { layer, problems } = checkLayer(parsed.output, { bareTime })
  if (problems.length > 0) throw invalid(subject(origin), problems, { source })
  return { layer, extends: parsed.output.extends, origin, source }
}

function sourceOf(text: string, path: string, inputs: TemplateInputs) {
  if (!isTemplate(text)) return { toml: text, source: new PolicySource(path, text) }
  try {
    const rendered = renderTemplate(text, inputs)
    return { toml: rendered.text, source: new PolicySource(path, text, rendered) }
  } catch (cause) {
    if (!(cause instanceof TemplateError)) throw cause
    const problem = { path: [], message: cause.message, position: cause.position }
    throw invalid('policy', [problem], { source: new PolicySource(path, text), cause })
  }
}

function parseToml(toml: string, source: PolicySource): unknown {
  try {
    return parse(toml)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const message = cause.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '') ?? ''
    const position = source.positionOfToml({ line: cause.line, column: cause.column })
    throw invalid('policy', [{ path: [], message, position }], { source, cause })
  }
}

/**
 * Reads one policy's text: template, TOML, validation. The function does not read the policies that this policy
 * extends.
 *
 * @throws {SandboxError} POLICY_INVALID with every problem: its place, the expected and the actual value
 */
export function readLayer(text: string, origin: PolicyOrigin, inputs: TemplateInputs): ReadLayer {
  const { toml, source } = sourceOf(text, origin.path ?? origin.name, inputs)
  return validateLayer(parseToml(toml, source), { origin, source }, 's')
}
