import type { SandboxShape } from '../../launcher/sandbox-shape.ts'
import type { Arch } from '../../linux/syscalls.ts'
import { expandNames } from '../rules/expand-names.ts'
import { operandBits } from '../rules/operand.ts'
import type { SeccompAction, SeccompPolicy, SeccompRule } from '../seccomp-policy.ts'
import { alwaysRules, ownFilterRules, sharedObjectRules, vsockRules } from './rules.ts'

const LOW_HALF = 0xffff_ffff

const allows = (action: SeccompAction): boolean => action === 'allow' || action === 'log'

// Whether a rule is about other values of an argument than the guard's rule.
function isAboutOthers(rule: SeccompRule, guard: SeccompRule): boolean {
  return (rule.conditions ?? []).some(({ arg, op, value, mask }) => {
    const own = guard.conditions?.find((condition) => condition.arg === arg)
    const compared = op === 'eq' ? LOW_HALF : op === 'masked_eq' ? mask : undefined
    if (own === undefined || compared === undefined) return false
    const both = lowHalf(compared) & lowHalf(own.mask ?? LOW_HALF)
    return (lowHalf(value) & both) !== (lowHalf(own.value) & both)
  })
}

const lowHalf = (operand: number | string): bigint => {
  const bits = operandBits(operand)
  return typeof bits === 'bigint' ? bits & BigInt(LOW_HALF) : 0n
}

// The guard's rules under a policy. A policy with a rule that allows `seccomp` lets the program have its own filters.
function guardsFor(
  { default: fallback, rules }: SeccompPolicy,
  network: SandboxShape['network'],
  names: readonly ReadonlySet<string>[],
): readonly SeccompRule[] {
  const kills = fallback === 'kill' || rules.some(({ action }) => action === 'kill')
  const allowsFilters = rules.some(
    ({ action }, index) => allows(action) && names[index]?.has('seccomp'),
  )
  return [
    ...alwaysRules,
    ...(network === 'host' ? [] : vsockRules),
    ...(kills && !allowsFilters ? ownFilterRules : []),
  ]
}

/** A filter that allows every call. Gradebox adds the rules of the guard and of a level to it. */
export const noRules: SeccompPolicy = { default: 'allow', rules: [] }

/**
 * Adds the guard's rules to the rules of a policy. Each added rule comes before the first rule that would allow its
 * call. A call for which the policy kills therefore still ends the run, and the result's reason names the call.
 */
export function guarded(
  seccomp: SeccompPolicy,
  { network, arch }: { readonly network: SandboxShape['network']; readonly arch: Arch },
): SeccompPolicy {
  const { default: fallback } = seccomp
  const own = seccomp.rules.map((rule) => ({ rule, names: expandNames(rule.syscalls, arch) }))
  const before = own.map((): SeccompRule[] => [])
  const last: SeccompRule[] = []
  const guards = guardsFor(
    seccomp,
    network,
    own.map(({ names }) => names),
  )
  for (const guard of guards) {
    const [name = ''] = guard.syscalls
    const index = own.findIndex(
      ({ rule, names }) => allows(rule.action) && names.has(name) && !isAboutOthers(rule, guard),
    )
    if (index >= 0) before[index]?.push(guard)
    else if (allows(fallback)) last.push(guard)
  }
  const rules = own.flatMap(({ rule }, index) => [...(before[index] ?? []), rule])
  // The rules for shared objects come last, so a policy can allow these calls.
  return {
    ...seccomp,
    rules: [...rules, ...last, ...(fallback === 'allow' ? sharedObjectRules : [])],
  }
}
