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

/** Calls that the guard refuses, and calls next to them that it allows. */
const cases: readonly (readonly [string, readonly number[], string])[] = [
  ['prlimit64', [1], 'errno 1'],
  ['prlimit64', [0], 'allow'],
  ['prlimit64', [2], 'allow'],
  ['sched_setaffinity', [1], 'errno 0'],
  ['sched_setaffinity', [0], 'errno 0'],
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
  ...['io_uring_setup', 'io_uring_enter', 'io_uring_register'].map(
    (name) => [name, [1, 0], 'errno 38'] as const,
  ),
  ['madvise', [0, 0, 21], 'errno 22'],
  ['madvise', [0, 0, 12], 'errno 22'],
  ['madvise', [0, 0, 4], 'allow'],
  ['process_madvise', [0, 0, 0, 20], 'errno 38'],
  ['landlock_create_ruleset', [0, 0, 1], 'errno 38'],
  ['prctl', [67, 1], 'errno 22'],
  ['prctl', [15], 'allow'],
  ['vmsplice', [1], 'errno 38'],
  ['fcntl', [0, 1031, 1 << 20], 'errno 1'],
  ['fcntl', [0, 1032], 'allow'],
  ['setsockopt', [0, 1, 7], 'errno 0'],
  ['setsockopt', [0, 1, 8], 'errno 0'],
  ['setsockopt', [0, 1, 32], 'errno 1'],
  ['setsockopt', [0, 1, 33], 'errno 1'],
  ['setsockopt', [0, 1, 9], 'allow'],
  ['setsockopt', [0, 6, 7], 'allow'],
  ['memfd_create', [0, 5], 'errno 22'],
  ['memfd_create', [0, 1], 'allow'],
  ...[0o4755, 0o2755, 0o6000].flatMap(
    (mode) =>
      [
        ['fchmod', [3, mode], 'errno 1'],
        ['fchmodat', [-100, 0, mode], 'errno 1'],
        ['fchmodat2', [-100, 0, mode, 0], 'errno 1'],
        ['openat', [-100, 0, 0o101, mode], 'errno 1'],
        ['openat', [-100, 0, 0o20200001, mode], 'errno 1'],
        ['openat', [-100, 0, 1, mode], 'allow'],
        ['mknodat', [-100, 0, 0o100000 | mode], 'errno 1'],
      ] as const,
  ),
  ['fchmod', [3, 0o1777], 'allow'],
  ['fchmodat', [-100, 0, 0o777], 'allow'],
  ['openat', [-100, 0, 0o101, 0o777], 'allow'],
  ['mknodat', [-100, 0, 0o100644], 'allow'],
  ...[0o111, 0o100, 0o311, 0o1155].flatMap(
    (mode) =>
      [
        ['fchmod', [3, mode], 'errno 1'],
        ['fchmodat', [-100, 0, mode], 'errno 1'],
        ['fchmodat2', [-100, 0, mode, 0], 'errno 1'],
        ['openat', [-100, 0, 0o101, mode], 'errno 1'],
        ['openat', [-100, 0, 0o20200001, mode], 'errno 1'],
        ['openat', [-100, 0, 1, mode], 'allow'],
        ['mknodat', [-100, 0, 0o100000 | mode], 'errno 1'],
      ] as const,
  ),
  ...[0o400, 0o477, 0o600].map((mask) => ['umask', [mask], 'errno 1'] as const),
  ...[0, 0o22, 0o77, 0o500, 0o777].map((mask) => ['umask', [mask], 'allow'] as const),
  ...['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'].map(
    (name) => [name, [0, 0], 'errno 95'] as const,
  ),
  ['removexattr', [0, 0], 'allow'],
  ['fcntl', [0, 1024], 'errno 22'],
  ['fcntl', [0, 1026], 'errno 22'],
  ...['fsync', 'fdatasync', 'sync_file_range', 'sync', 'syncfs'].map(
    (name) => [name, [3], 'errno 0'] as const,
  ),
  ['io_setup', [65536], 'errno 38'],
  ['openat2', [-100, 0, 0, 24], 'errno 38'],
  ['socket', [40], 'errno 97'],
  ['socket', [1], 'allow'],
  ['socket', [2], 'allow'],
]

/** The calls that only x64 has. */
const casesOfX64: typeof cases = [
  ['chmod', [0, 0o4755], 'errno 1'],
  ['chmod', [0, 0o755], 'allow'],
  ['creat', [0, 0o2755], 'errno 1'],
  ['creat', [0, 0o644], 'allow'],
  ['open', [0, 0o101, 0o4755], 'errno 1'],
  ['open', [0, 0o20200001, 0o2755], 'errno 1'],
  ['open', [0, 0, 0o4755], 'allow'],
  ['mknod', [0, 0o102755], 'errno 1'],
]
const casesOf = (arch: 'x64' | 'arm64') => (arch === 'x64' ? [...cases, ...casesOfX64] : cases)

const sharedObjects = [
  ...['add_key', 'request_key', 'keyctl'],
  ...['inotify_init', 'inotify_init1', 'fanotify_init'],
]

describe.each(['x64', 'arm64'] as const)('on %s', (arch) => {
  const call = (name: string, args: readonly number[], high = 0n) => ({
    nr: syscallNumber(name, arch) ?? -1,
    arch: audit[arch],
    args: [0, 1, 2, 3, 4, 5].map((index) => BigInt(args[index] ?? 0) | (high << 32n)),
  })

  describe.each([
    ['the guard’s own filter', () => guardFilter(arch, 'none')],
    [
      'the filter of a policy that allows every call',
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
    test.each(casesOf(arch))('%s(%j): %s', (name, args, expected) => {
      expect(actionName(simulate(filter(), call(name, args)))).toBe(expected)
    })

    test('compares the 32 bits that the kernel reads', () => {
      const junk = 0xffff_ffffn
      expect(actionName(simulate(filter(), call('prlimit64', [1], junk)))).toBe('errno 1')
      expect(actionName(simulate(filter(), call('setpriority', [2, 0], junk)))).toBe('errno 1')
    })
  })

  test('the guard’s own filter refuses keyrings and watches, and allows every other call', () => {
    const known = new Set(casesOf(arch).map(([name]) => name))
    for (const name of syscallNames(arch)) {
      if (known.has(name)) continue
      const expected = sharedObjects.includes(name) ? 'errno 38' : 'allow'
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
  ['x64', AUDIT_ARCH_I386, 241, 'errno 0'],
  ['x64', AUDIT_ARCH_I386, 288, 'errno 38'],
  ['x64', AUDIT_ARCH_I386, 302, 'allow'],
  ['x64', AUDIT_ARCH_I386, 102, 'errno 38'],
  ['arm64', AUDIT_ARCH_ARM, 102, 'allow'],
  ['arm64', AUDIT_ARCH_ARM, 369, 'errno 1'],
  ['arm64', AUDIT_ARCH_ARM, 380, 'errno 1'],
  ['arm64', AUDIT_ARCH_ARM, 311, 'errno 38'],
  ['arm64', AUDIT_ARCH_ARM, 261, 'allow'],
  ['x64', AUDIT_ARCH_I386, 425, 'errno 38'],
  ['arm64', AUDIT_ARCH_ARM, 427, 'errno 38'],
] as const)('a 32-bit program’s call on %s (%i, %i): %s', (machine, arch, nr, expected) => {
  const args = [1n, 1n, 0n, 0n, 0n, 0n]
  expect(actionName(simulate(guardFilter(machine, 'none'), { nr, arch, args }))).toBe(expected)
})

// The same tables: calls that are refused by their arguments.
test.each([
  ['madvise', [0, 0, 21], { x64: 219, arm64: 220 }],
  ['process_madvise', [], { x64: 440, arm64: 440 }],
  ['prctl', [67], { x64: 172, arm64: 172 }],
  ['vmsplice', [], { x64: 316, arm64: 343 }],
  ['fcntl', [0, 1031], { x64: 55, arm64: 55 }],
  ['fcntl64', [0, 1031], { x64: 221, arm64: 221 }],
  ['setsockopt', [0, 1, 7], { x64: 366, arm64: 294 }],
  ['memfd_create', [0, 4], { x64: 356, arm64: 385 }],
  ['open', [0, 0o101, 0o4755], { x64: 5, arm64: 5 }],
  ['creat', [0, 0o4755], { x64: 8, arm64: 8 }],
  ['mknod', [0, 0o2755], { x64: 14, arm64: 14 }],
  ['chmod', [0, 0o4755], { x64: 15, arm64: 15 }],
  ['fchmod', [0, 0o4755], { x64: 94, arm64: 94 }],
  ['openat', [0, 0, 0o101, 0o4755], { x64: 295, arm64: 322 }],
  ['mknodat', [0, 0, 0o2755], { x64: 297, arm64: 324 }],
  ['fchmodat', [0, 0, 0o4755], { x64: 306, arm64: 333 }],
  ['openat2', [], { x64: 437, arm64: 437 }],
  ['sync', [], { x64: 36, arm64: 36 }],
  ['fsync', [], { x64: 118, arm64: 118 }],
  ['fdatasync', [], { x64: 148, arm64: 148 }],
  ['sync_file_range', [], { x64: 314, arm64: 341 }],
  ['syncfs', [], { x64: 344, arm64: 373 }],
  ['inotify_init', [], { x64: 291, arm64: 316 }],
  ['inotify_init1', [], { x64: 332, arm64: 360 }],
  ['fanotify_init', [], { x64: 338, arm64: 367 }],
  ['fchmodat2', [0, 0, 0o2755], { x64: 452, arm64: 452 }],
] as const)('a 32-bit program’s %s(%j) is refused too', (_, given, numbers) => {
  const args = [0, 1, 2, 3, 4, 5].map((index) => BigInt(given[index] ?? 0))
  for (const [machine, arch] of [
    ['x64', AUDIT_ARCH_I386],
    ['arm64', AUDIT_ARCH_ARM],
  ] as const) {
    const call = { nr: numbers[machine], arch, args }
    expect(actionName(simulate(guardFilter(machine, 'none'), call))).toMatch(/^errno /)
  }
})

test.each(['prlimit64', 'getpid', 'io_uring_setup'])(
  'x32 has no %s, because no current kernel has its table',
  (name) => {
    const nr = 0x4000_0000 | (syscallNumber(name, 'x64') ?? 0)
    const args = [1n, 0n, 0n, 0n, 0n, 0n]
    expect(
      actionName(simulate(guardFilter('x64', 'none'), { nr, arch: AUDIT_ARCH_X86_64, args })),
    ).toBe('errno 38')
  },
)

test('the host’s network includes the host’s vsock', () => {
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

  test('that kill for a call still kill', () => {
    const rules = [
      { action: 'kill', syscalls: ['prlimit64', 'socket', 'keyctl'] },
      { action: 'allow', syscalls: ['@resources'] },
    ] as const
    expect(decide({ default: 'allow', rules }, 'prlimit64', one)).toBe('kill')
    expect(decide({ default: 'allow', rules }, 'socket', [40n, ...one.slice(1)])).toBe('kill')
    expect(decide({ default: 'allow', rules }, 'keyctl', one)).toBe('kill')
  })

  test('that name keyrings and watches allow them, and others do not', () => {
    const rules = [{ action: 'allow', syscalls: ['@keyring', '@watch'] }] as const
    expect(decide({ default: 'allow', rules }, 'inotify_init1', one)).toBe('allow')
    expect(decide({ default: 'allow', rules: [] }, 'inotify_init1', one)).toBe('errno 38')
    expect(decide({ default: 'allow', rules }, 'keyctl', one)).toBe('allow')
    expect(decide({ default: 'allow', rules: [] }, 'keyctl', one)).toBe('errno 38')
  })

  test('that allow changes to the init’s limits do not take effect', () => {
    const rules = [{ action: 'allow', syscalls: ['prlimit64'] }] as const
    for (const seccomp of [
      { default: 'allow', rules } as const,
      { default: 'allow', rules: [] } as const,
    ]) {
      expect(decide(seccomp, 'prlimit64', one)).toBe('errno 1')
      expect(decide(seccomp, 'prlimit64', [0n, ...one.slice(1)])).toBe('allow')
    }
  })

  test('that kill for calls keep a program from installing a filter that would hide them', () => {
    const kill = { action: 'kill', syscalls: ['socket'] } as const
    const set = [22n, 2n, 0n, 0n, 0n, 0n]
    for (const rules of [[kill], [kill, { action: 'allow', syscalls: ['@process'] } as const]]) {
      expect(decide({ default: 'allow', rules }, 'prctl', set)).toBe('errno 22')
      expect(decide({ default: 'allow', rules }, 'seccomp', one)).toBe('errno 38')
    }
    expect(decide({ default: 'allow', rules: [] }, 'prctl', set)).toBe('allow')
    const own = { action: 'allow', syscalls: ['seccomp'] } as const
    expect(decide({ default: 'allow', rules: [kill, own] }, 'prctl', set)).toBe('allow')
    expect(decide({ default: 'allow', rules: [kill, own] }, 'seccomp', one)).toBe('allow')
  })

  test('that allow io_uring do not take effect', () => {
    const rules = [{ action: 'allow', syscalls: ['@io-uring'] }] as const
    expect(
      decide(
        { default: 'kill', rules: [...rules, { action: 'allow', syscalls: ['execve'] }] },
        'io_uring_setup',
        one,
      ),
    ).toBe('errno 38')
  })

  test('about other arguments need no guard, and stay unchanged', () => {
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
