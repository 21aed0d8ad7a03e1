import type { SeccompAction, SeccompCondition, SeccompRule } from '../../seccomp/seccomp-policy.ts'

const fixed: Readonly<Record<string, string>> = {
  allow: 'allowed',
  log: 'allowed, recorded',
  kill: 'ends the program',
}

/** The effect of an action on a system call: `fails with EPERM`. */
export const actionWords = (action: SeccompAction): string =>
  fixed[action] ?? `fails with ${action.slice('errno:'.length)}`

const comparisons: Readonly<Record<SeccompCondition['op'], string>> = {
  eq: 'is',
  ne: 'is not',
  lt: 'is below',
  le: 'is at most',
  gt: 'is above',
  ge: 'is at least',
  masked_eq: 'is',
}

/** A mask of the 32 bits of an int. The kernel reads no other bits of an int argument. */
const ALL_BITS = 0xffff_ffff
const LARGEST_DECIMAL = 0xffff

const operand = (value: number | string): string =>
  typeof value === 'number' && value > LARGEST_DECIMAL ? `0x${value.toString(16)}` : String(value)

function conditionWords({ arg, op, value, mask }: SeccompCondition): string {
  const masked = mask === undefined || mask === ALL_BITS ? '' : ` & ${operand(mask)}`
  return `argument ${arg}${masked} ${comparisons[op]} ${operand(value)}`
}

/** The calls that a rule matches: `socket, socketpair, where argument 0 is AF_UNIX`. */
export function ruleWords({ syscalls, conditions = [] }: SeccompRule): string {
  const names = syscalls.join(', ')
  if (conditions.length === 0) return names
  return `${names}, where ${conditions.map(conditionWords).join(' and ')}`
}
