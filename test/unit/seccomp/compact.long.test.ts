import { constants } from 'node:os'
import { describe, expect, test } from 'vitest'
import { type Arch, syscallName, syscallNames, syscallNumber } from '../../../src/linux/syscalls.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { compactFilter } from '../../../src/seccomp/compiler/compact.ts'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'
import { argumentTest } from '../../../src/seccomp/rules/argument-test.ts'
import { expandNames } from '../../../src/seccomp/rules/expand-names.ts'
import { operandBits } from '../../../src/seccomp/rules/operand.ts'
import type {
  SeccompAction,
  SeccompCondition,
  SeccompPolicy,
  SeccompRule,
} from '../../../src/seccomp/seccomp-policy.ts'
import { type Pick, random } from '../random.ts'
import {
  AUDIT_ARCH_AARCH64,
  AUDIT_ARCH_I386,
  AUDIT_ARCH_X86_64,
  actionName,
  type Call,
  passes,
  simulate,
} from './bpf.ts'

const native: Arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const audit = { x64: AUDIT_ARCH_X86_64, arm64: AUDIT_ARCH_AARCH64 } as const
const arches = [0, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, 0xffffffff]

const instructions = (program: Uint8Array): number => program.length / 8

function someOf<T>(pick: Pick, values: readonly T[]): T {
  return values[pick(values.length)] as T
}

function bits(operand: number | string): bigint {
  const value = operandBits(operand)
  if (typeof value === 'string') throw new Error(value)
  return value
}

// Values on both sides of a condition, in either half, and bits that its mask ignores.
function around({ value, mask }: SeccompCondition): bigint[] {
  const at = bits(value)
  const unseen = mask === undefined ? 0n : ~bits(mask)
  const near = [at - 1n, at, at + 1n, at | unseen, at ^ (at & -at), at ^ 0x8000_0000n, -at]
  return near.flatMap((each) => [each, each + 2n ** 32n, each ^ (0xffff_ffffn << 32n)])
}

function* argumentsOf({ rules }: SeccompPolicy, pick: Pick): Generator<bigint[]> {
  const values = rules.flatMap(({ conditions = [] }) => conditions.flatMap(around))
  for (;;) {
    const word = () => BigInt(pick(2 ** 32))
    const value = () =>
      values.length === 0 || pick(8) === 0 ? word() * 2n ** 32n + word() : someOf(pick, values)
    yield Array.from({ length: 6 }, () => BigInt.asUintN(64, value()))
  }
}

function conditional({ rules }: SeccompPolicy, arch: Arch): number[] {
  const names = rules
    .filter(({ conditions = [] }) => conditions.length > 0)
    .flatMap(({ syscalls }) => [...expandNames(syscalls, arch)])
  return [...new Set(names)].map((name) => syscallNumber(name, arch) ?? 0)
}

const nearby = [-2, -1, 0, 1, 2, 39, 600]
const farNumbers = [0x40000000, 0x7fffffff, 0x80000000, 0xffffffff]
const numbers = [
  ...Array.from({ length: 601 }, (_, nr) => nr),
  ...farNumbers.flatMap((far) => nearby.map((offset) => (far + offset) >>> 0)),
]

function* someCalls(seccomp: SeccompPolicy, arch: Arch, seed: number): Generator<Call> {
  const pick = random(seed)
  const some = argumentsOf(seccomp, pick)
  const call = (nr: number, machine: number): Call => {
    return { nr, arch: machine, args: some.next().value }
  }
  for (const nr of numbers) {
    yield call(nr, audit[arch])
    yield call(nr, audit[arch])
    yield call(nr, someOf(pick, arches))
  }
  for (const nr of conditional(seccomp, arch)) {
    for (let round = 0; round < 200; round++) yield call(nr, audit[arch])
  }
}

// The policy's answer, without a filter.
function reader({ default: fallback, rules }: SeccompPolicy, on: Arch) {
  const expanded = rules.map((rule) => ({ ...rule, names: expandNames(rule.syscalls, on) }))
  return ({ nr, arch, args }: Call): SeccompAction => {
    // A filter for arm64 that is made on x64 has the check too. On arm64, no call has such a number.
    const isX32 = native === 'x64' && nr >= 0x40000000 && nr !== 0xffffffff
    if (arch !== audit[on] || isX32) return 'kill'
    const name = syscallName(nr, on)
    if (name === undefined) return fallback
    const rule = expanded.find(
      ({ names, conditions = [] }) =>
        names.has(name) &&
        conditions.every((each) => passes(argumentTest(name, on, each), args[each.arg] ?? 0n)),
    )
    return rule?.action ?? fallback
  }
}

function done(action: SeccompAction): string {
  return action.replace(/^errno:(\w+)$/, (_, name: keyof typeof constants.errno) => {
    return `errno ${constants.errno[name]}`
  })
}

/** The calls for which a policy's filter and the policy disagree. */
function differences(seccomp: SeccompPolicy, arch: Arch = native, seed = 1): Call[] {
  const program = compileSeccomp(seccomp, { notify: false, arch })
  const expected = reader(seccomp, arch)
  const calls = [...someCalls(seccomp, arch, seed)]
  return calls.filter((call) => actionName(simulate(program, call)) !== done(expected(call)))
}

function seccompOf(policy: string): SeccompPolicy {
  const { seccomp } = loadPolicy(policy)
  if (seccomp === undefined) throw new Error(`${policy} has no seccomp part`)
  return seccomp
}

function policyOf(...conditions: readonly SeccompCondition[]): SeccompPolicy {
  const rule = { action: 'errno:EPERM', syscalls: ['mmap', 'mremap'], conditions } as const
  return { default: 'allow', rules: [rule, { action: 'kill', syscalls: ['@mount'] }] }
}

const policies: Readonly<Record<string, SeccompPolicy>> = {
  strict: seccompOf('strict'),
  'no rules': { default: 'allow', rules: [] },
  'a list of forbidden calls': {
    default: 'allow',
    rules: [
      { action: 'kill', syscalls: ['@mount', '@module', '@reboot', '@debug', '@keyring'] },
      { action: 'errno:EPERM', syscalls: ['@network'] },
      { action: 'log', syscalls: ['@clock', 'personality'] },
    ],
  },
  'a list of allowed calls': {
    default: 'kill',
    rules: [{ action: 'allow', syscalls: ['@io', '@memory', '@process', '@signal'] }],
  },
  eq: policyOf({ arg: 1, op: 'eq', value: 'TIOCSTI' }),
  ne: policyOf({ arg: 1, op: 'ne', value: 'TIOCSTI' }),
  lt: policyOf({ arg: 0, op: 'lt', value: 3 }),
  le: policyOf({ arg: 0, op: 'le', value: 0xffffffff }),
  gt: policyOf({ arg: 1, op: 'gt', value: 0xffffffff }),
  ge: policyOf({ arg: 1, op: 'ge', value: '0x100000000' }),
  'the highest bits': policyOf({ arg: 0, op: 'masked_eq', mask: '0xfffff000', value: 0x5000 }),
  'the lowest bits': policyOf({ arg: 0, op: 'masked_eq', mask: 0xff, value: 0x12 }),
  'bits here and there': policyOf({ arg: 0, op: 'masked_eq', mask: 0x7e020000, value: 0x20000 }),
  'bits of both halves': policyOf({ arg: 1, op: 'masked_eq', mask: '0xff000000ff', value: 17 }),
  '64-bit values': policyOf({ arg: 1, op: 'eq', value: '0x123456789abcdef0' }),
  'several arguments': policyOf(
    { arg: 0, op: 'eq', value: 5 },
    { arg: 1, op: 'lt', value: '0x100000002' },
    { arg: 4, op: 'masked_eq', mask: '0xffff0000', value: 0x10000 },
  ),
}

const values = [0, 1, 2, 5, 0x5412, 0x7fffffff, 0xffffffff, 0x100000000, 2 ** 40 + 1, -1]
const masks = [1, 0xff, 0xffffffff, 0x7000, 0xfff00000, '0xffffffff00000000', '0xf0000000f']
const ops: readonly SeccompCondition['op'][] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'masked_eq']
const actions: readonly SeccompAction[] = ['allow', 'kill', 'log', 'errno:EPERM', 'errno:ENOSYS']

function someCondition(pick: Pick): SeccompCondition {
  const op = someOf(pick, ops)
  const value = someOf(pick, values)
  const arg = pick(2)
  if (op !== 'masked_eq') return { arg, op, value }
  const mask = someOf(pick, masks)
  return { arg, op, mask, value: `0x${(bits(value) & bits(mask)).toString(16)}` }
}

function isMeaningful(condition: SeccompCondition, name: string, arch: Arch): boolean {
  try {
    return argumentTest(name, arch, condition) !== undefined
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return false
  }
}

function someRule(pick: Pick, names: readonly string[]): SeccompRule {
  const conditions = Array.from({ length: pick(3) }, () => someCondition(pick))
  const arches = ['x64', 'arm64'] as const
  const able = names.filter((name) =>
    conditions.every((each) =>
      arches.every(
        (arch) => syscallNumber(name, arch) === undefined || isMeaningful(each, name, arch),
      ),
    ),
  )
  const syscalls = Array.from({ length: 1 + pick(40) }, () => someOf(pick, able))
  return { action: someOf(pick, actions), syscalls, conditions }
}

function somePolicy(pick: Pick, arch: Arch): SeccompPolicy {
  const names = [...syscallNames(arch)].filter((name) => name !== 'execve')
  const rules = Array.from({ length: 1 + pick(5) }, () => someRule(pick, names))
  const execve = { action: 'allow', syscalls: ['execve'] } as const
  return { default: someOf(pick, actions), rules: [execve, ...rules] }
}

describe('a compacted filter', () => {
  test.each(Object.entries(policies))('answers every call as the policy says: %s', (_, seccomp) => {
    expect(differences(seccomp, native, 1)).toEqual([])
    expect(differences(seccomp, native, 2)).toEqual([])
  })

  test.each(['x64', 'arm64'] as const)(
    'answers every call as the policy says: any rules, %s',
    (arch) => {
      if (arch === 'x64' && native !== 'x64') return
      for (let seed = 1; seed <= 30; seed++) {
        const seccomp = somePolicy(random(seed), arch)
        expect({ seccomp, wrong: differences(seccomp, arch, seed) }).toEqual({ seccomp, wrong: [] })
      }
    },
  )

  test('is short', () => {
    const program = compileSeccomp(seccompOf('strict'), { notify: true })
    expect(instructions(program)).toBeLessThan(170)
  })

  test('is the same every time', () => {
    const compiled = () => compileSeccomp(structuredClone(seccompOf('strict')), { notify: true })
    expect(compiled()).toEqual(compiled())
  })

  test('reaches targets more than 255 instructions away', () => {
    const lowBits = Array.from({ length: 100 }, (_, at): SeccompRule => {
      const condition = { arg: 0, op: 'masked_eq', mask: 0xf0f0ff, value: at } as const
      return {
        action: 'errno:EPERM',
        syscalls: ['dup', 'sync_file_range'],
        conditions: [condition],
      }
    })
    const names = [...syscallNames(native)].filter((name, at) => at % 2 === 0 && name !== 'execve')
    const seccomp: SeccompPolicy = {
      default: 'allow',
      rules: [...lowBits, { action: 'kill', syscalls: names }],
    }
    const compact = compileSeccomp(seccomp, { notify: false })
    expect(instructions(compact)).toBeGreaterThan(256)
    expect(differences(seccomp)).toEqual([])
  })

  test('with a thousand exceptions is made within the time of a test', () => {
    const rules = Array.from({ length: 900 }, (_, at): SeccompRule => {
      const conditions = [{ arg: 1, op: 'eq', value: at * 7 } as const]
      return { action: 'errno:EPERM', syscalls: ['ioctl'], conditions }
    })
    const program = compileSeccomp({ default: 'allow', rules }, { notify: false })
    expect(program.length / 8).toBeGreaterThan(900)
  })
})

type Instruction = readonly [code: number, jt: number, jf: number, k: number]

function assemble(...program: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(program.length * 8))
  program.forEach(([code, jt, jf, k], index) => {
    view.setUint16(index * 8, code, true)
    view.setUint8(index * 8 + 2, jt)
    view.setUint8(index * 8 + 3, jf)
    view.setUint32(index * 8 + 4, k, true)
  })
  return new Uint8Array(view.buffer)
}

const words = [0, 1, 2, 3, 4, 7, 8, 0xff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff]

function someInstruction(pick: Pick, left: number): Instruction {
  const k = someOf(pick, words)
  const jump = () => pick(Math.min(left, 20))
  if (left === 0 || pick(12) === 0) return [0x06, 0, 0, pick(6)]
  const code = someOf(pick, [0x20, 0x20, 0x54, 0x05, 0x15, 0x25, 0x35, 0x15, 0x25, 0x35])
  if (code === 0x20) return [code, 0, 0, someOf(pick, [0, 4, 16, 20])]
  if (code === 0x54) return [code, 0, 0, k]
  if (code === 0x05) return [code, 0, 0, jump()]
  return [code, jump(), jump(), k]
}

function someProgram(pick: Pick): Uint8Array {
  const length = 2 + pick(60)
  return assemble(...Array.from({ length }, (_, at) => someInstruction(pick, length - 1 - at)))
}

const load: Instruction = [0x20, 0, 0, 0]
const allow: Instruction = [0x06, 0, 0, 0x7fff0000]
const wasteful: readonly Instruction[] = [load, [0x15, 0, 0, 1], [0x15, 0, 0, 2], allow]

const unknown: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(0),
  'half an instruction': assemble(...wasteful).subarray(0, 12),
  'random bytes': Uint8Array.from({ length: 64 }, (_, at) => (at * 167 + 13) & 0xff),
  'no return at its end': assemble(allow, load),
  'a jump out of the program': assemble([0x05, 0, 0, 7], ...wasteful),
  'a branch out of the program': assemble(load, [0x15, 0, 9, 1], ...wasteful),
  'a load from beyond the data': assemble([0x20, 0, 0, 64], ...wasteful),
  'a load between two words': assemble([0x20, 0, 0, 2], ...wasteful),
  BPF_JSET: assemble(load, [0x45, 0, 1, 1], ...wasteful),
  'BPF_ALU | BPF_ADD': assemble(load, [0x04, 0, 0, 1], ...wasteful),
  'BPF_RET | BPF_A': assemble(...wasteful, [0x16, 0, 0, 0]),
  'BPF_LD | BPF_W | BPF_LEN': assemble([0x80, 0, 0, 0], ...wasteful),
}

describe('a program that libseccomp does not make', () => {
  test.each(Object.entries(unknown))('is returned unchanged: %s', (_, program) => {
    const before = program.slice()
    expect(compactFilter(program)).toBe(program)
    expect(program).toEqual(before)
  })

  test('answers every call as the policy says when it has only instructions of libseccomp', () => {
    let shorter = 0
    for (let seed = 1; seed <= 1500; seed++) {
      const pick = random(seed)
      const program = someProgram(pick)
      const compact = compactFilter(program)
      if (compact.length < program.length) shorter++
      for (let round = 0; round < 40; round++) {
        const word = () => (pick(2) === 0 ? someOf(pick, words) : pick(2 ** 32))
        const args = [BigInt(word()) * 2n ** 32n + BigInt(word())]
        const call = { nr: word(), arch: word(), args }
        const answer = simulate(program, call)
        expect({ seed, call, answer: simulate(compact, call) }).toEqual({ seed, call, answer })
      }
    }
    expect(shorter).toBeGreaterThan(1000)
  })

  test('is compacted when it has only instructions of libseccomp', () => {
    expect(compactFilter(assemble(...wasteful))).toEqual(assemble(allow))
  })
})
