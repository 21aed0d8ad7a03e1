import type { Arch } from '../../linux/syscalls.ts'
import { expandNames } from '../rules/expand-names.ts'
import { operandBits } from '../rules/operand.ts'
import type {
  SeccompAction,
  SeccompCondition,
  SeccompPolicy,
  SeccompRule,
} from '../seccomp-policy.ts'

/** A mask of 32 bits. In the rules of a level, the kernel reads only these bits of the arguments. */
export const WORD = 0xffff_ffff

const allows = (action: SeccompAction): boolean => action === 'allow' || action === 'log'

/**
 * Adds the rules of a level of isolation to the rules of a policy. Each added rule comes before the first rule that
 * would allow its call. A call for which the policy kills therefore still ends the run, and the result's reason names
 * the call. If a rule of the policy allows a family of sockets by name, the program may only test whether such sockets
 * exist. The level's `kill` therefore becomes an error.
 */
export function withRules(
  { default: fallback, rules: own }: SeccompPolicy,
  added: readonly SeccompRule[],
  arch: Arch,
): SeccompPolicy {
  const rules = [...own]
  for (const rule of added.flatMap(eachCall)) {
    const [name = ''] = rule.syscalls
    const index = rules.findIndex(
      (other) =>
        allows(other.action) &&
        expandNames(other.syscalls, arch).has(name) &&
        !isDisjoint(other, rule),
    )
    const isExpected = rule.action === 'kill' && rules[index]?.conditions !== undefined
    const refusal = isExpected ? ({ ...rule, action: 'errno:EAFNOSUPPORT' } as const) : rule
    // `index` is after the rules that this function has already inserted.
    if (index >= 0) rules.splice(index, 0, refusal)
    else if (allows(fallback)) rules.push(rule)
  }
  return { default: fallback, rules }
}

const eachCall = (rule: SeccompRule): SeccompRule[] =>
  rule.syscalls.map((name) => ({ ...rule, syscalls: [name] }))

// Whether no call can meet the conditions of both rules.
const isDisjoint = (one: SeccompRule, other: SeccompRule): boolean =>
  (one.conditions ?? []).some((a) =>
    (other.conditions ?? []).some((b) => a.arg === b.arg && excludes(a, b)),
  )

function excludes(a: SeccompCondition, b: SeccompCondition): boolean {
  const [one, two] = [bitsOf(a), bitsOf(b)]
  if (one === undefined || two === undefined) return false
  const common = one.mask & two.mask
  const isSame = (one.value & common) === (two.value & common)
  const isNot = Number(a.op === 'ne') + Number(b.op === 'ne')
  if (isNot === 0) return !isSame
  return isNot === 1 && isSame && common === BigInt(WORD)
}

function bitsOf({ op, value, mask = WORD }: SeccompCondition) {
  if (op !== 'eq' && op !== 'ne' && op !== 'masked_eq') return undefined
  const bits = operandBits(value)
  const compared = op === 'masked_eq' ? operandBits(mask) : BigInt(WORD)
  if (typeof bits !== 'bigint' || typeof compared !== 'bigint') return undefined
  return { value: bits & BigInt(WORD), mask: compared & BigInt(WORD) }
}
