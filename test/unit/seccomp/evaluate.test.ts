import { expect, test } from 'vitest'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'
import { letsPass, mayPass } from '../../../src/seccomp/compiler/evaluate.ts'
import { guardFilter } from '../../../src/seccomp/guard/guard-filter.ts'
import type { SeccompPolicy } from '../../../src/seccomp/seccomp-policy.ts'

const arches = ['x64', 'arm64'] as const

const seccomp: SeccompPolicy = {
  default: 'kill',
  rules: [
    { action: 'allow', syscalls: ['execve', 'read', 'getpid'] },
    { action: 'errno:EPERM', syscalls: ['write'] },
    {
      action: 'allow',
      syscalls: ['prlimit64'],
      conditions: [{ arg: 0, op: 'eq', value: 0 }],
    },
    { action: 'allow', syscalls: ['lseek'], conditions: [{ arg: 1, op: 'lt', value: 10 }] },
    {
      action: 'allow',
      syscalls: ['dup3'],
      conditions: [{ arg: 0, op: 'masked_eq', mask: 6, value: 4 }],
    },
  ],
}

test.each(arches.flatMap((arch) => [true, false].map((notify) => ({ arch, notify }))))(
  'a call that a filter always allows passes: $arch, with a listener: $notify',
  ({ arch, notify }) => {
    const filter = compileSeccomp(seccomp, { notify, arch })
    const passes = (syscall: string, first?: number) =>
      letsPass(filter, arch, [first === undefined ? { syscall } : { syscall, first }])
    expect(passes('read')).toBe(true)
    expect(letsPass(filter, arch, [{ syscall: 'read' }, { syscall: 'getpid', first: 1 }])).toBe(
      true,
    )
    for (const refused of ['write', 'openat']) expect(passes(refused)).toBe(false)
    expect(letsPass(filter, arch, [{ syscall: 'read' }, { syscall: 'write' }])).toBe(false)
  },
)

test('a call that depends on an argument passes with that argument, and not without it', () => {
  const filter = compileSeccomp(seccomp, { notify: true, arch: 'x64' })
  const passes = (syscall: string, first?: number) =>
    letsPass(filter, 'x64', [first === undefined ? { syscall } : { syscall, first }])
  expect([passes('prlimit64', 0), passes('prlimit64', 1), passes('prlimit64')]).toEqual([
    true,
    false,
    false,
  ])
  expect([passes('dup3', 5), passes('dup3', 3), passes('dup3')]).toEqual([true, false, false])
  expect(passes('lseek', 0)).toBe(false)
})

test.each(arches)(
  'the guard of a policy without a filter refuses calls against the init: %s',
  (arch) => {
    const filter = guardFilter(arch, 'loopback')
    const prlimit = (first: number) => letsPass(filter, arch, [{ syscall: 'prlimit64', first }])
    expect([prlimit(0), prlimit(1)]).toEqual([true, false])
    expect(letsPass(filter, arch, [{ syscall: 'execve' }])).toBe(true)
  },
)

test('unknown filter bytes count as a refusal', () => {
  expect(letsPass(new Uint8Array(0), 'x64', [{ syscall: 'read' }])).toBe(false)
  // BPF_LD | BPF_IMM
  expect(letsPass(new Uint8Array(8), 'x64', [{ syscall: 'read' }])).toBe(false)
})

test.each(arches)(
  'a call may pass if an unknown argument can make the filter allow it: %s',
  (arch) => {
    const rules: SeccompPolicy['rules'] = [
      { action: 'allow', syscalls: ['execve'] },
      { action: 'allow', syscalls: ['socket'], conditions: [{ arg: 0, op: 'eq', value: 1 }] },
      {
        action: 'errno:EAFNOSUPPORT',
        syscalls: ['socket'],
        conditions: [
          { arg: 0, op: 'eq', value: 2 },
          { arg: 1, op: 'masked_eq', mask: 0xf, value: 2 },
        ],
      },
      {
        action: 'allow',
        syscalls: ['socket'],
        conditions: [
          { arg: 0, op: 'eq', value: 3 },
          { arg: 1, op: 'masked_eq', mask: 0xf, value: 2 },
        ],
      },
    ]
    const filter = compileSeccomp({ default: 'kill', rules }, { notify: true, arch })
    const may = [1, 2, 3, 4].map((first) => mayPass(filter, arch, { syscall: 'socket', first }))
    expect(may).toEqual([true, false, true, false])
  },
)

test('a filter may let a call pass by the upper half of its first argument, where only the lower is known', () => {
  const rules: SeccompPolicy['rules'] = [
    { action: 'errno:EPERM', syscalls: ['mmap'], conditions: [{ arg: 0, op: 'eq', value: 2 }] },
  ]
  const filter = compileSeccomp({ default: 'allow', rules }, { notify: true, arch: 'x64' })
  const call = { syscall: 'mmap', first: 2 }
  expect(mayPass(filter, 'x64', call)).toBe(false)
  expect(mayPass(filter, 'x64', { ...call, isFirstInt: true })).toBe(true)
})
