import { expect, test } from 'vitest'
import { syscallNumber } from '../../../src/linux/syscalls.ts'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'
import { decisions } from '../../../src/seccomp/compiler/decisions.ts'
import { operandBits } from '../../../src/seccomp/rules/operand.ts'
import type {
  SeccompAction,
  SeccompCondition,
  SeccompPolicy,
  SeccompRule,
} from '../../../src/seccomp/seccomp-policy.ts'
import { random } from '../random.ts'
import { AUDIT_ARCH_AARCH64, AUDIT_ARCH_X86_64, actionName, simulate } from './bpf.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const audit = arch === 'arm64' ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_X86_64

const bits = (operand: number | string): bigint => {
  const value = operandBits(operand)
  if (typeof value === 'string') throw new Error(value)
  return value
}

function holds({ arg, op, value, mask }: SeccompCondition, args: readonly bigint[]): boolean {
  const argument = args[arg] ?? 0n
  switch (op) {
    case 'masked_eq':
      return (argument & bits(mask ?? 0)) === bits(value)
    case 'eq':
      return argument === bits(value)
    case 'ne':
      return argument !== bits(value)
    case 'lt':
      return argument < bits(value)
    case 'le':
      return argument <= bits(value)
    case 'gt':
      return argument > bits(value)
    case 'ge':
      return argument >= bits(value)
  }
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
  /** Conditions use only arguments below this number. */
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

const kinds: readonly (readonly [string, Kind])[] = [
  ['any conditions on one argument', { args: 1, ops: everyOp }],
  ['equalities of two arguments', { args: 2, ops: ['eq', 'masked_eq'] }],
  ['any conditions on two arguments', { args: 2, ops: everyOp }],
]

test.each(kinds)('the first rule that matches decides a filter’s answer, for %s', (_, kind) => {
  const nr = syscallNumber('mmap', arch) ?? 0
  let compiled = 0
  for (const seccomp of somePolicies(1, kind)) {
    const program = compileSeccomp(seccomp, { notify: false })
    compiled++
    for (const args of someArguments(compiled)) {
      const done = actionName(simulate(program, { nr, arch: audit, args }))
      const { rules } = seccomp
      expect({ rules, args, done }).toEqual({ rules, args, done: expected(seccomp, args) })
    }
  }
  expect(compiled).toBe(60)
})

test('rules on many arguments of one call are compiled quickly', () => {
  // As disjoint rules, which libseccomp needs, these would be millions.
  const rules = Array.from({ length: 150 }, (_, index): SeccompRule => {
    const conditions = [0, 1, 2, 3, 4, 5].map(
      (arg): SeccompCondition => ({ arg, op: 'ne', value: index * 7 + arg }),
    )
    return { action: index % 2 === 0 ? 'kill' : 'log', syscalls: ['mmap'], conditions }
  })
  const seccomp: SeccompPolicy = { default: 'allow', rules }
  const program = compileSeccomp(seccomp, { notify: false })
  expect(program.length / 8).toBeLessThan(4096)
  const nr = syscallNumber('mmap', arch) ?? 0
  for (const args of [[0n, 1n, 2n, 3n, 4n, 5n], [7n], [0n, 8n], [], [700n, 1n, 2n, 3n, 4n, 5n]]) {
    const six = [...args, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6)
    const done = actionName(simulate(program, { nr, arch: audit, args: six }))
    expect(done).toBe(expected(seccomp, six))
  }
})

test('only the bits that the kernel reads of an argument are compared', () => {
  const nr = syscallNumber('socket', arch) ?? 0
  const ask = (rule: SeccompRule, domain: bigint) => {
    const program = compileSeccomp({ default: 'allow', rules: [rule] }, { notify: false })
    return actionName(simulate(program, { nr, arch: audit, args: [domain, 1n, 0n] }))
  }
  const rule = (op: 'eq' | 'gt', value: number | string): SeccompRule => ({
    action: 'kill',
    syscalls: ['socket'],
    conditions: [{ arg: 0, op, value }],
  })
  // All of these are AF_INET to the kernel.
  for (const domain of [2n, 0x1_0000_0002n, 0xffff_ffff_0000_0002n]) {
    expect(ask(rule('eq', 'AF_INET'), domain)).toBe('kill')
    expect(ask(rule('gt', 'AF_INET'), domain)).toBe('allow')
  }
  expect(ask(rule('eq', -1), 0xffff_ffffn)).toBe('kill')
  expect(ask(rule('eq', -1), 0xffff_ffff_ffff_ffffn)).toBe('kill')
})

test('a rule that equals the default needs no decision', () => {
  const rules = [
    { action: 'allow', syscalls: ['execve'] },
    { action: 'errno:ENOSYS', syscalls: ['clone3'] },
  ] as const
  expect(decisions({ default: 'errno:ENOSYS', rules }, 'x64')).toEqual([
    { syscall: 59, choices: [{ action: 'allow', tests: [] }] },
  ])
})
