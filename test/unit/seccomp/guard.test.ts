import { describe, expect, test } from 'vitest'
import { syscallNames, syscallNumber } from '../../../src/linux/syscalls.ts'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'
import { guarded } from '../../../src/seccomp/guard/guard.ts'
import { guardFilter } from '../../../src/seccomp/guard/guard-filter.ts'
import type { SeccompPolicy } from '../../../src/seccomp/seccomp-policy.ts'
import {
  AUDIT_ARCH_AARCH64,
  AUDIT_ARCH_I386,
  AUDIT_ARCH_X86_64,
  actionName,
  simulate,
} from './bpf.ts'

const AUDIT_ARCH_ARM = 0x40000028
const audit = { x64: AUDIT_ARCH_X86_64, arm64: AUDIT_ARCH_AARCH64 } as const

/** What is refused, and what is next to it. */
const cases: readonly (readonly [string, readonly number[], string])[] = [
  ['prlimit64', [1], 'errno 1'],
  ['prlimit64', [0], 'allow'],
  ['prlimit64', [2], 'allow'],
  ['sched_setaffinity', [1], 'errno 1'],
  ['sched_setaffinity', [0], 'allow'],
  ['sched_setattr', [1], 'errno 1'],
  ['sched_setparam', [1], 'errno 1'],
  ['sched_setscheduler', [1], 'errno 1'],
  ['sched_getaffinity', [1], 'allow'],
  ['setpriority', [0, 1], 'errno 1'],
  ['setpriority', [0, 0], 'allow'],
  ['setpriority', [1, 1], 'errno 1'],
  ['setpriority', [1, 7], 'allow'],
  ['setpriority', [2, 1000], 'errno 1'],
  ['ioprio_set', [1, 1], 'errno 1'],
  ['ioprio_set', [1, 0], 'allow'],
  ['ioprio_set', [2, 1], 'errno 1'],
  ['ioprio_set', [3, 1000], 'errno 1'],
  ['socket', [40], 'errno 97'],
  ['socket', [1], 'allow'],
  ['socket', [2], 'allow'],
]

const keyrings = ['add_key', 'request_key', 'keyctl']

describe.each(['x64', 'arm64'] as const)('on %s', (arch) => {
  const call = (name: string, args: readonly number[], high = 0n) => ({
    nr: syscallNumber(name, arch) ?? -1,
    arch: audit[arch],
    args: [0, 1, 2, 3, 4, 5].map((index) => BigInt(args[index] ?? 0) | (high << 32n)),
  })

  describe.each([
    ['the guard’s own filter', () => guardFilter(arch, 'none')],
    [
      'a policy’s that allows all',
      () =>
        compileSeccomp(
          guarded(
            { default: 'kill', rules: [{ action: 'allow', syscalls: syscallNames(arch) }] },
            { network: 'loopback', arch },
          ),
          { notify: false, arch },
        ),
    ],
  ])('%s', (_, filter) => {
    test.each(cases)('%s(%j): %s', (name, args, expected) => {
      expect(actionName(simulate(filter(), call(name, args)))).toBe(expected)
    })

    test('compares the 32 bits that the kernel reads', () => {
      const junk = 0xffff_ffffn
      expect(actionName(simulate(filter(), call('prlimit64', [1], junk)))).toBe('errno 1')
      expect(actionName(simulate(filter(), call('setpriority', [2, 0], junk)))).toBe('errno 1')
    })
  })

  test('the guard’s own filter has no keyrings, and lets through every other call', () => {
    const known = new Set(cases.map(([name]) => name))
    for (const name of syscallNames(arch)) {
      if (known.has(name)) continue
      const expected = keyrings.includes(name) ? 'errno 38' : 'allow'
      expect([name, actionName(simulate(guardFilter(arch, 'none'), call(name, [1, 1])))]).toEqual([
        name,
        expected,
      ])
    }
  })
})

// arch/x86/entry/syscalls/syscall_32.tbl, arch/arm/tools/syscall.tbl
test.each([
  ['x64', AUDIT_ARCH_I386, 340, 'errno 1'],
  ['x64', AUDIT_ARCH_I386, 241, 'errno 1'],
  ['x64', AUDIT_ARCH_I386, 288, 'errno 38'],
  ['x64', AUDIT_ARCH_I386, 302, 'allow'],
  ['x64', AUDIT_ARCH_I386, 102, 'errno 38'],
  ['arm64', AUDIT_ARCH_ARM, 102, 'allow'],
  ['arm64', AUDIT_ARCH_ARM, 369, 'errno 1'],
  ['arm64', AUDIT_ARCH_ARM, 380, 'errno 1'],
  ['arm64', AUDIT_ARCH_ARM, 311, 'errno 38'],
  ['arm64', AUDIT_ARCH_ARM, 261, 'allow'],
] as const)('a 32-bit program’s call on %s (%i, %i): %s', (machine, arch, nr, expected) => {
  const args = [1n, 1n, 0n, 0n, 0n, 0n]
  expect(actionName(simulate(guardFilter(machine, 'none'), { nr, arch, args }))).toBe(expected)
})

test('x32’s numbers are those of x64 with a bit more', () => {
  const nr = 0x4000_0000 | (syscallNumber('prlimit64', 'x64') ?? 0)
  const args = [1n, 0n, 0n, 0n, 0n, 0n]
  expect(
    actionName(simulate(guardFilter('x64', 'none'), { nr, arch: AUDIT_ARCH_X86_64, args })),
  ).toBe('errno 1')
})

test('the host’s network has the host’s vsock', () => {
  const nr = syscallNumber('socket', 'x64') ?? 0
  const args = [40n, 1n, 0n, 0n, 0n, 0n]
  const call = { nr, arch: AUDIT_ARCH_X86_64, args }
  expect(actionName(simulate(guardFilter('x64', 'host'), call))).toBe('allow')
  expect(actionName(simulate(guardFilter('x64', 'loopback'), call))).toBe('errno 97')
})

describe('a policy’s own rules', () => {
  const decide = (seccomp: SeccompPolicy, name: string, args: readonly bigint[]) => {
    const filter = compileSeccomp(guarded(seccomp, { network: 'none', arch: 'x64' }), {
      notify: false,
      arch: 'x64',
    })
    const nr = syscallNumber(name, 'x64') ?? -1
    return actionName(simulate(filter, { nr, arch: AUDIT_ARCH_X86_64, args }))
  }
  const one = [1n, 1n, 0n, 0n, 0n, 0n]

  test('that kill a call still do', () => {
    const rules = [
      { action: 'kill', syscalls: ['prlimit64', 'socket', 'keyctl'] },
      { action: 'allow', syscalls: ['@resources'] },
    ] as const
    expect(decide({ default: 'allow', rules }, 'prlimit64', one)).toBe('kill')
    expect(decide({ default: 'allow', rules }, 'socket', [40n, ...one.slice(1)])).toBe('kill')
    expect(decide({ default: 'allow', rules }, 'keyctl', one)).toBe('kill')
  })

  test('that name the keyrings have them; those that do not, have not', () => {
    const rules = [{ action: 'allow', syscalls: ['@keyring'] }] as const
    expect(decide({ default: 'allow', rules }, 'keyctl', one)).toBe('allow')
    expect(decide({ default: 'allow', rules: [] }, 'keyctl', one)).toBe('errno 38')
  })

  test('that let the init’s limits be changed do not', () => {
    const rules = [{ action: 'allow', syscalls: ['prlimit64'] }] as const
    for (const seccomp of [
      { default: 'allow', rules } as const,
      { default: 'allow', rules: [] } as const,
    ]) {
      expect(decide(seccomp, 'prlimit64', one)).toBe('errno 1')
      expect(decide(seccomp, 'prlimit64', [0n, ...one.slice(1)])).toBe('allow')
    }
  })

  test('about other arguments need no guard, and stay as few', () => {
    const own = (arg: number, value: number | string) => ({ arg, op: 'eq', value }) as const
    const seccomp: SeccompPolicy = {
      default: 'kill',
      rules: [
        { action: 'allow', syscalls: ['prlimit64'], conditions: [own(0, 0)] },
        { action: 'allow', syscalls: ['socket'], conditions: [own(0, 'AF_UNIX')] },
        { action: 'kill', syscalls: ['prlimit64', 'socket'] },
        { action: 'allow', syscalls: ['execve', 'exit_group'] },
      ],
    }
    expect(guarded(seccomp, { network: 'none', arch: 'x64' }).rules).toEqual(seccomp.rules)
  })
})
