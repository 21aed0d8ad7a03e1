import { expect, test } from 'vitest'
import { syscallNumber } from '../../../src/ffi/syscalls.ts'
import type {
  SeccompAction,
  SeccompCondition,
  SeccompPolicy,
  SeccompRule,
} from '../../../src/policy/policy.ts'
import { operandBits } from '../../../src/policy/seccomp/operand.ts'
import { type Comparison, passes } from '../../../src/runner/seccomp/comparison.ts'
import { compileSeccomp } from '../../../src/runner/seccomp/compile.ts'
import { decisions } from '../../../src/runner/seccomp/decisions.ts'
import { AUDIT_ARCH_AARCH64, AUDIT_ARCH_X86_64, actionName, simulate } from './bpf.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const audit = arch === 'arm64' ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_X86_64

// mulberry32: the same policies in every run.
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const bits = (operand: number | string): bigint => {
  const value = operandBits(operand)
  if (typeof value === 'string') throw new Error(value)
  return value
}

function holds({ arg, op, value, mask }: SeccompCondition, args: readonly bigint[]): boolean {
  const comparison: Comparison =
    op === 'masked_eq'
      ? { op, value: bits(value), mask: bits(mask ?? 0) }
      : { op, value: bits(value) }
  return passes(comparison, args[arg] ?? 0n)
}

function expected({ default: fallback, rules }: SeccompPolicy, args: readonly bigint[]): string {
  const first = rules.find(({ conditions = [] }) => conditions.every((each) => holds(each, args)))
  return first?.action ?? fallback
}

const interesting = [0, 1, 2, 5, 0x5412, 0xffffffff, 0x100000000, 2 ** 40 + 1]
const actions: readonly SeccompAction[] = ['allow', 'kill', 'log']

type Ops = readonly SeccompCondition['op'][]
const everyOp: Ops = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'masked_eq']

interface Kind {
  /** Conditions are on the arguments below this. */
  readonly args: number
  readonly ops: Ops
}

function someRule(pick: (below: number) => number, { args, ops }: Kind): SeccompRule {
  const conditions = Array.from({ length: pick(3) }, (): SeccompCondition => {
    const op = ops[pick(ops.length)] ?? 'eq'
    const value = interesting[pick(interesting.length)] ?? 0
    const arg = pick(args)
    if (op !== 'masked_eq') return { arg, op, value }
    const masks = [0xff, 0xffffffff, 0x7000]
    const mask = masks[pick(masks.length)] ?? 1
    return { arg, op, value: Number(BigInt(value) & BigInt(mask)), mask }
  })
  return { action: actions[pick(actions.length)] ?? 'allow', syscalls: ['mmap'], conditions }
}

function* somePolicies(seed: number, kind: Kind): Generator<SeccompPolicy> {
  const pick = random(seed)
  for (let round = 0; round < 60; round++) {
    const rules = Array.from({ length: 1 + pick(3) }, () => someRule(pick, kind))
    yield { default: actions[pick(2) * 2] ?? 'allow', rules }
  }
}

function* someArguments(seed: number): Generator<bigint[]> {
  const numbers = [...interesting, 3, 4, 0x5411, 0x5413, 0x100005412, 0x7000, 2 ** 53 - 1]
  const pick = random(seed)
  for (let round = 0; round < 80; round++) {
    yield [0, 1].map(() => BigInt(numbers[pick(numbers.length)] ?? 0))
  }
}

// Some have more conditions than a filter has room for, and are refused.
function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    expect(String(error)).toMatch(/the conditions on mmap come to more than 1000 comparisons/)
    return undefined
  }
}

const kinds: readonly (readonly [string, Kind])[] = [
  ['any conditions on one argument', { args: 1, ops: everyOp }],
  ['equalities of two arguments', { args: 2, ops: ['eq', 'masked_eq'] }],
  ['any conditions on two arguments', { args: 2, ops: everyOp }],
]

test.each(kinds)('a filter does what the first rule that matches says, for %s', (_, kind) => {
  const nr = syscallNumber('mmap', arch) ?? 0
  let compiled = 0
  for (const seccomp of somePolicies(1, kind)) {
    const program = attempt(() => compileSeccomp(seccomp, { notify: false }))
    if (program === undefined) continue
    compiled++
    for (const args of someArguments(compiled)) {
      const done = actionName(simulate(program, { nr, arch: audit, args }))
      const { rules } = seccomp
      expect({ rules, args, done }).toEqual({ rules, args, done: expected(seccomp, args) })
    }
  }
  expect(compiled).toBeGreaterThan(40)
})

test('no two decisions are about the same call', () => {
  for (const seccomp of somePolicies(2, { args: 2, ops: everyOp })) {
    const decided = attempt(() => decisions(seccomp, arch)) ?? []
    for (const args of someArguments(3)) {
      const about = decided.filter(({ conditions }) =>
        conditions.every(({ arg, comparison }) => passes(comparison, args[arg] ?? 0n)),
      )
      expect(about.length).toBeLessThanOrEqual(1)
    }
  }
})

test('a rule that does what the default does needs no decision', () => {
  const rules = [
    { action: 'allow', syscalls: ['execve'] },
    { action: 'errno:ENOSYS', syscalls: ['clone3'] },
  ] as const
  expect(decisions({ default: 'errno:ENOSYS', rules }, 'x64')).toEqual([
    { syscall: 59, action: 'allow', conditions: [] },
  ])
})
