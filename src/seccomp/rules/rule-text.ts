import type { SeccompCondition, SeccompRule } from '../seccomp-policy.ts'

function operand(value: number | string): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function condition({ arg, op, value, mask }: SeccompCondition): string {
  const how = op === 'eq' || op === 'masked_eq' ? [] : [`op = "${op}"`]
  const masked = mask === undefined ? [] : [`mask = ${operand(mask)}`]
  return `{ ${[`arg = ${arg}`, ...how, ...masked, `value = ${operand(value)}`].join(', ')} }`
}

/** A rule's keys as TOML, each `key = value`. */
export function ruleKeys({ action, syscalls, conditions = [] }: SeccompRule): readonly string[] {
  const names = syscalls.map((name) => JSON.stringify(name)).join(', ')
  const all = conditions.map(condition).join(', ')
  const tests = conditions.length === 0 ? [] : [`conditions = [${all}]`]
  return [`action = "${action}"`, `syscalls = [${names}]`, ...tests]
}

/** A rule as one line of TOML: an inline table. */
export const inlineRule = (rule: SeccompRule): string => `{ ${ruleKeys(rule).join(', ')} }`
