import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import type { LimitUnits } from './limits.ts'
import { normalizePolicy } from './normalize.ts'
import type { Policy } from './policy.ts'
import { invalid, type KeyPath, type Problem } from './problem.ts'
import { policySchema } from './schema.ts'

/** What a policy is called, in results and in errors. */
export interface PolicyOrigin {
  /** Becomes `policy.name`. */
  readonly name: string
  /** The file, when it has one. */
  readonly path?: string
}

const subject = ({ name, path }: PolicyOrigin): string => `policy ${path ?? name}`

function schemaProblem(issue: v.BaseIssue<unknown>): Problem {
  const path: KeyPath = (issue.path ?? []).map(({ key }) =>
    typeof key === 'number' ? key : String(key),
  )
  // An unknown key is told at its table.
  const at = issue.type === 'strict_object' && issue.expected === 'never' ? path.slice(0, -1) : path
  return { path: at, message: issue.message }
}

/**
 * Validates a policy given as data and fills in its defaults.
 *
 * @param bareTime what a number means in its limits: seconds in a file, milliseconds in code
 * @throws {SandboxError} POLICY_INVALID with every problem: where, what was expected, what was got
 */
export function validatePolicy(
  value: unknown,
  origin: PolicyOrigin,
  bareTime: LimitUnits['bareTime'],
): Policy {
  const parsed = v.safeParse(policySchema, value)
  if (!parsed.success) throw invalid(subject(origin), parsed.issues.map(schemaProblem))
  const { policy, problems } = normalizePolicy(parsed.output, origin.name, { bareTime })
  if (problems.length > 0) throw invalid(subject(origin), problems)
  return policy
}

/**
 * Reads a policy's TOML text.
 *
 * @throws {SandboxError} POLICY_INVALID, with line and column for text that is not TOML
 */
export function parsePolicy(text: string, origin: PolicyOrigin): Policy {
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const reason = cause.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '') ?? ''
    const message = `line ${cause.line}, column ${cause.column}: ${reason}`
    throw invalid(subject(origin), [{ path: [], message }], { cause })
  }
  return validatePolicy(value, origin, 's')
}
