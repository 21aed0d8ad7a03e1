import { describe, expect, test } from 'vitest'
import { type Arch, syscallNumber } from '../../../src/linux/syscalls.ts'
import { answeredCalls } from '../../../src/seccomp/compiler/answered-calls.ts'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'
import type { SeccompPolicy } from '../../../src/seccomp/seccomp-policy.ts'
import { AUDIT_ARCH_AARCH64, AUDIT_ARCH_X86_64, actionName, simulate } from './bpf.ts'

const audit = { x64: AUDIT_ARCH_X86_64, arm64: AUDIT_ARCH_AARCH64 } as const
const [PRIVATE, SHARED, ANONYMOUS, NORESERVE] = [2, 1, 0x20, 0x4000]
const [NONE, READ, WRITE] = [0, 1, 2]
const GIB = 1n << 30n
const answered = { allocationBytes: 16n * GIB, mappingBytes: 1n << 47n, fileBytes: 10_000n }
const lenient: SeccompPolicy = {
  default: 'allow',
  rules: [{ action: 'kill', syscalls: ['ptrace'] }],
}

describe.each(['x64', 'arm64'] as const)('on %s, a filter that answers', (arch: Arch) => {
  const ask = (
    name: string,
    args: readonly (number | bigint)[],
    seccomp = lenient,
    options: Partial<Parameters<typeof compileSeccomp>[1]> = {},
  ) => {
    const program = compileSeccomp(seccomp, { notify: true, arch, answered, ...options })
    const nr = syscallNumber(name, arch) ?? -1
    return actionName(simulate(program, { nr, arch: audit[arch], args: args.map(BigInt) }))
  }

  test.each([
    [
      'private memory above the machine’s',
      16n * GIB + 1n,
      WRITE | READ,
      PRIVATE | ANONYMOUS,
      'notify',
    ],
    ['private memory of the machine’s size', 16n * GIB, WRITE | READ, PRIVATE | ANONYMOUS, 'allow'],
    ['shared memory above the machine’s', 17n * GIB, NONE, SHARED | ANONYMOUS, 'notify'],
    ['a shared file', 17n * GIB, WRITE, SHARED, 'allow'],
    ['a reservation without access', 1n << 46n, NONE, PRIVATE | ANONYMOUS, 'allow'],
    ['a reservation without swap', 1n << 46n, WRITE, PRIVATE | ANONYMOUS | NORESERVE, 'allow'],
    [
      'a reservation above the address space',
      (1n << 47n) + 1n,
      NONE,
      PRIVATE | NORESERVE,
      'notify',
    ],
  ] as const)(
    'reports a call of mmap only where the kernel refuses it: %s',
    (_, length, protection, flags, action) => {
      expect(ask('mmap', [0, length, protection, flags, -1n & 0xffff_ffffn, 0])).toBe(action)
    },
  )

  test('reports memory that becomes larger than the machine’s', () => {
    expect(ask('mremap', [0, 17n * GIB, 16n * GIB, 1])).toBe('allow')
    expect(ask('mremap', [0, 4096, 16n * GIB + 1n, 1])).toBe('notify')
  })

  test('reports a file only above its limit', () => {
    expect(ask('ftruncate', [3, 10_000])).toBe('allow')
    expect(ask('ftruncate', [3, 10_001])).toBe('notify')
    expect(
      ask('ftruncate', [3, 10_001], lenient, { answered: { ...answered, fileBytes: undefined } }),
    ).toBe('allow')
  })

  test('reports nothing where nobody listens', () => {
    expect(ask('mmap', [0, 1n << 50n, WRITE, PRIVATE, 0, 0], lenient, { notify: false })).toBe(
      'allow',
    )
  })

  test.each(['kill', 'log', 'errno:EPERM'] as const)(
    'leaves a call to a policy that says %s for some of its uses',
    (action) => {
      const conditions = [{ arg: 2, op: 'masked_eq', mask: 4, value: 4 }] as const
      const some: SeccompPolicy = {
        default: 'allow',
        rules: [{ action, syscalls: ['mmap'], conditions }],
      }
      const others = ['mremap', 'ftruncate'].map((name) => syscallNumber(name, arch))
      expect(answeredCalls(some, arch)).toEqual(others)
      expect(ask('mmap', [0, 17n * GIB, WRITE, PRIVATE | ANONYMOUS, 0, 0], some)).toBe('allow')
    },
  )

  test.each([
    ['some lengths of the address', [{ arg: 2, op: 'eq', value: 16 }], 'kill', true],
    ['every address', undefined, 'kill', false],
    ['another argument', [{ arg: 0, op: 'eq', value: 3 }], 'kill', false],
    ['no length, but refuses some', [{ arg: 2, op: 'eq', value: 16 }], 'errno:EACCES', false],
  ] as const)(
    'asks about the socket of connect where a policy kills for %s',
    (_, conditions, action, isAnswered) => {
      const rule = { action, syscalls: ['connect'], ...(conditions ? { conditions } : {}) }
      const calls = answeredCalls({ default: 'allow', rules: [rule] }, arch)
      expect(calls.includes(syscallNumber('connect', arch) ?? -1)).toBe(isAnswered)
    },
  )

  test('asks about no socket where the calls of others fail', () => {
    const seccomp: SeccompPolicy = {
      default: 'allow',
      rules: [
        { action: 'kill', syscalls: ['connect'], conditions: [{ arg: 2, op: 'eq', value: 16 }] },
        { action: 'errno:EACCES', syscalls: ['connect'] },
      ],
    }
    expect(answeredCalls(seccomp, arch)).not.toContain(syscallNumber('connect', arch))
  })
})
