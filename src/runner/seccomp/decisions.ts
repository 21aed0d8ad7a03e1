import { type Arch, syscallNumber } from '../../ffi/syscalls.ts'
import type { SeccompAction, SeccompCondition, SeccompPolicy } from '../../policy/policy.ts'
import { expandNames } from '../../policy/seccomp/names.ts'
import { operandBits } from '../../policy/seccomp/operand.ts'
import type { Comparison } from './comparison.ts'
import { type Condition, everyCall, type Region, within, without } from './region.ts'

/** What a filter does with some calls of one number. No two decisions are about the same call. */
export interface Decision {
  readonly syscall: number
  readonly action: SeccompAction
  readonly region: Region
}

/** Each takes two instructions or more of the 4096 that a program may have. */
export const DECISION_LIMIT = 2048

function bits(operand: number | string): bigint {
  const value = operandBits(operand)
  if (typeof value === 'string') throw new RangeError(value)
  return value
}

function toCondition({ arg, op, value, mask }: SeccompCondition): Condition {
  const comparison: Comparison =
    op === 'masked_eq'
      ? { op, value: bits(value), mask: bits(mask ?? 0) }
      : { op, value: bits(value) }
  return { arg, comparison }
}

interface Choice {
  readonly action: SeccompAction
  readonly conditions: readonly Condition[]
}

// The rules about each call, in the policy's order, up to the first that always holds.
function choicesByCall({ rules }: SeccompPolicy, arch: Arch): ReadonlyMap<string, Choice[]> {
  const byCall = new Map<string, Choice[]>()
  for (const { action, syscalls, conditions = [] } of rules) {
    const choice = { action, conditions: conditions.map(toCondition) }
    for (const name of expandNames(syscalls, arch)) {
      const choices = byCall.get(name) ?? []
      if (choices.at(-1)?.conditions.length !== 0) choices.push(choice)
      byCall.set(name, choices)
    }
  }
  return byCall
}

/**
 * A policy's rules as decisions that do not depend on their order: libseccomp does not say which
 * of two matching rules wins, a policy does (the first). What the default decides is left out.
 *
 * @throws {RangeError} when conditions are so many that no filter has room for them
 */
export function decisions(seccomp: SeccompPolicy, arch: Arch): Decision[] {
  const decided: Decision[] = []
  for (const [name, choices] of choicesByCall(seccomp, arch)) {
    const syscall = syscallNumber(name, arch)
    if (syscall === undefined) continue
    let open: Region[] = [everyCall]
    for (const { action, conditions } of choices) {
      if (action !== seccomp.default) {
        for (const region of open.flatMap((each) => within(each, conditions))) {
          decided.push({ syscall, action, region })
        }
      }
      open = open.flatMap((each) => without(each, conditions))
      if (decided.length + open.length > DECISION_LIMIT) {
        throw new RangeError(
          `the conditions on ${name} need more than ${DECISION_LIMIT} comparisons`,
        )
      }
    }
  }
  return decided
}
