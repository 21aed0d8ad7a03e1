import { type Arch, syscallNumber } from '../../ffi/syscalls.ts'
import type { SeccompAction, SeccompCondition, SeccompPolicy } from '../../policy/policy.ts'
import { expandNames } from '../../policy/seccomp/names.ts'
import { operandBits } from '../../policy/seccomp/operand.ts'
import { comparisons, equalities } from './numbers.ts'
import { type Condition, everyCall, type Region, rulesFor, within, without } from './region.ts'

/** What a filter does with some calls of one number. No two decisions are about the same call. */
export interface Decision {
  readonly syscall: number
  readonly action: SeccompAction
  /** All must hold; each argument occurs at most once. */
  readonly conditions: readonly Condition[]
}

/** For one system call. Each takes two instructions or more, of the 4096 a filter may have. */
const DECISION_LIMIT = 1000

interface Choice {
  readonly action: SeccompAction
  readonly conditions: readonly Condition[]
}

function bits(operand: number | string): bigint {
  const value = operandBits(operand)
  if (typeof value === 'string') throw new RangeError(value)
  return value
}

function toCondition({ arg, op, value, mask }: SeccompCondition): Condition {
  if (op !== 'masked_eq') return { arg, comparison: { op, value: bits(value) } }
  return { arg, comparison: { op, value: bits(value), mask: bits(mask ?? 0) } }
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

function add<T>(to: T[], items: Iterable<T>, name: string): void {
  for (const item of items) {
    if (to.push(item) <= DECISION_LIMIT) continue
    throw new RangeError(
      `the conditions on ${name} come to more than ${DECISION_LIMIT} comparisons`,
    )
  }
}

// libseccomp 2.5.4 runs for ever on some rules that order two arguments with ge and le.
function comparisonsFor(choices: readonly Choice[]): typeof comparisons {
  const args = choices.flatMap(({ conditions }) => conditions.map(({ arg }) => arg))
  return new Set(args).size > 1 ? equalities : comparisons
}

// Without those that do what the default does.
function decide(name: string, choices: readonly Choice[], fallback: SeccompAction): Choice[] {
  const compare = comparisonsFor(choices)
  const decided: Choice[] = []
  let open: Region[] = [everyCall]
  for (const { action, conditions } of choices) {
    const remaining: Region[] = []
    for (const region of open) {
      for (const part of action === fallback ? [] : within(region, conditions)) {
        for (const each of rulesFor(part, compare))
          add(decided, [{ action, conditions: each }], name)
      }
      add(remaining, without(region, conditions), name)
    }
    open = remaining
  }
  return decided
}

/**
 * A policy's rules as decisions that do not depend on their order: libseccomp does not say which
 * of two matching rules wins, a policy does (the first). What the default decides is left out.
 *
 * @throws {RangeError} when conditions are so many that no filter has room for them
 */
export function decisions(seccomp: SeccompPolicy, arch: Arch): Decision[] {
  return [...choicesByCall(seccomp, arch)].flatMap(([name, choices]) => {
    const syscall = syscallNumber(name, arch)
    if (syscall === undefined) return []
    return decide(name, choices, seccomp.default).map((choice) => ({ syscall, ...choice }))
  })
}
