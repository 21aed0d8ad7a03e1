import { argumentText } from '../../linux/calls/argument-text.ts'
import { syscallSignature } from '../../linux/calls/signatures.ts'
import { type Arch, syscallName } from '../../linux/syscalls.ts'
import { samePurpose } from '../rules/call-purposes.ts'
import { inlineRule } from '../rules/rule-text.ts'
import type { SeccompCondition, SeccompPolicy, SeccompRule } from '../seccomp-policy.ts'
import { archOf, type CallRegisters } from './denied-syscall.ts'

/** The narrowest rule that allows a call; `undefined` when no policy can name the call. */
export function ruleFor(call: CallRegisters): SeccompRule | undefined {
  const arch = archOf(call)
  const name = arch === undefined ? undefined : syscallName(call.syscall, arch)
  if (arch === undefined || name === undefined) return undefined
  const conditions = conditionsFor(name, arch, call.args)
  const rule = { action: 'allow', syscalls: [name] } as const
  return conditions.length === 0 ? rule : { ...rule, conditions }
}

/**
 * The conditions that are true for calls with the same purpose as a call with these registers; see call-purposes.ts.
 */
export function conditionsFor(
  name: string,
  arch: Arch,
  registers: readonly bigint[],
): SeccompCondition[] {
  return samePurpose(name, { arch, registers }, (arg) => {
    const kind = syscallSignature(name, arch)?.[arg] ?? 'ulong'
    return argumentText(kind, registers[arg] ?? 0n, arch)
  })
}

// Whether the rules have the form of hakoniwa's policies: one list of allowed calls, and one action for all others.
function isList({ default: fallback, rules }: SeccompPolicy): boolean {
  return fallback === 'kill' && rules.length === 1 && rules[0]?.action === 'allow'
}

/**
 * Describes the change of a policy that allows a call, as the end of a sentence: `to allow it …`.
 *
 * @param policy the policy's name; `inline` for an object in code
 */
export function remedy(
  call: CallRegisters,
  policy: { readonly name: string; readonly seccomp: SeccompPolicy },
): string {
  const rule = ruleFor(call)
  if (rule === undefined) {
    return archOf(call) === undefined
      ? "no policy can allow it: it uses another machine's table of calls"
      : 'no rule can name it: it is newer than this version of Gradebox'
  }
  if (policy.name !== 'inline') {
    return `to allow it, add to a policy that extends it: seccomp.rules = [${inlineRule(rule)}]`
  }
  if (isList(policy.seccomp))
    return `to allow it, add "${rule.syscalls[0]}" to its list of syscalls`
  return `to allow it, put this first in its seccomp.rules: ${JSON.stringify(rule)}`
}
