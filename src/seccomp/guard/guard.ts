import type { Arch } from '../../linux/syscalls.ts'
import type { Policy } from '../../policy/policy.ts'
import { expandNames } from '../rules/names.ts'
import { operandBits } from '../rules/operand.ts'
import type { SeccompAction, SeccompPolicy, SeccompRule } from '../seccomp-policy.ts'

/**
 * What no policy lets a program do. The sandbox's init, process 1, is the same user to the kernel, which
 * for these calls looks at nothing else: a program that took its limits or its processor time away would
 * have the run end as if the machine had failed (prlimit(2), sched(7), setpriority(2), ioprio_set(2)).
 */
export const byProcess = [
  'prlimit64',
  'sched_setaffinity',
  'sched_setattr',
  'sched_setparam',
  'sched_setscheduler',
] as const
/** For setpriority(2) PRIO_PROCESS is 0; for ioprio_set(2) IOPRIO_WHO_PROCESS is 1. Then group and user. */
export const firstWhich = { setpriority: 0, ioprio_set: 1 } as const
/** Kernel keyrings know users, not sandboxes: their quota and their keys' names are the whole user's. */
export const keyrings = ['add_key', 'request_key', 'keyctl'] as const
/** A network of its own has no part in vsock(7): its sockets reach the virtual machine's host. */
export const AF_VSOCK = 40
export const INIT = 1

const LOW_HALF = 0xffff_ffff
const equal = (arg: number, value: number) =>
  ({ arg, op: 'masked_eq', mask: LOW_HALF, value }) as const

const initRules: readonly SeccompRule[] = [
  ...byProcess.map((name): SeccompRule => {
    return { action: 'errno:EPERM', syscalls: [name], conditions: [equal(0, INIT)] }
  }),
  ...Object.entries(firstWhich).flatMap(([name, first]): SeccompRule[] => [
    { action: 'errno:EPERM', syscalls: [name], conditions: [equal(0, first), equal(1, INIT)] },
    { action: 'errno:EPERM', syscalls: [name], conditions: [equal(0, first + 1), equal(1, INIT)] },
    { action: 'errno:EPERM', syscalls: [name], conditions: [equal(0, first + 2)] },
  ]),
]

const vsockRules: readonly SeccompRule[] = [
  { action: 'errno:EAFNOSUPPORT', syscalls: ['socket'], conditions: [equal(0, AF_VSOCK)] },
]

const allows = (action: SeccompAction): boolean => action === 'allow' || action === 'log'

// Conditions that ask for another value of an argument than the guard's rule is about.
function isAboutOthers(rule: SeccompRule, guard: SeccompRule): boolean {
  return (rule.conditions ?? []).some(({ arg, op, value, mask }) => {
    const own = guard.conditions?.find((condition) => condition.arg === arg)
    const compared = op === 'eq' ? LOW_HALF : op === 'masked_eq' ? mask : undefined
    if (own === undefined || compared === undefined) return false
    const bits = lowHalf(value) & lowHalf(compared)
    return bits !== (lowHalf(own.value) & lowHalf(compared))
  })
}

const lowHalf = (operand: number | string): bigint => {
  const bits = operandBits(operand)
  return typeof bits === 'bigint' ? bits & BigInt(LOW_HALF) : 0n
}

/**
 * A policy's rules with those that hold under every policy: each comes before the first that would let
 * its call through, so that what the policy kills is still killed, and named.
 */
export function guarded(
  seccomp: SeccompPolicy,
  { network, arch }: { readonly network: Policy['network']; readonly arch: Arch },
): SeccompPolicy {
  const rules = [...seccomp.rules]
  for (const guard of [...initRules, ...(network === 'host' ? [] : vsockRules)]) {
    const [name = ''] = guard.syscalls
    const index = rules.findIndex(
      (rule) =>
        allows(rule.action) &&
        expandNames(rule.syscalls, arch).has(name) &&
        !isAboutOthers(rule, guard),
    )
    if (index >= 0) rules.splice(index, 0, guard)
    else if (allows(seccomp.default)) rules.push(guard)
  }
  // Keyrings that a policy names it may have.
  if (seccomp.default === 'allow') rules.push({ action: 'errno:ENOSYS', syscalls: keyrings })
  return { ...seccomp, rules }
}
