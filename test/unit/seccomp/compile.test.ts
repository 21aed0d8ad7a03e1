import { constants } from 'node:os'
import { describe, expect, test } from 'vitest'
import { type Arch, syscallNumber } from '../../../src/linux/syscalls.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'
import type { SeccompPolicy } from '../../../src/seccomp/seccomp-policy.ts'
import {
  AUDIT_ARCH_AARCH64,
  AUDIT_ARCH_I386,
  AUDIT_ARCH_X86_64,
  actionName,
  simulate,
} from './bpf.ts'

const native: Arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const audit = { x64: AUDIT_ARCH_X86_64, arm64: AUDIT_ARCH_AARCH64 } as const

function ask(program: Uint8Array, name: string, args: readonly bigint[] = [], arch = native) {
  const nr = syscallNumber(name, arch)
  if (nr === undefined) throw new Error(`${name} is not a call of ${arch}`)
  return actionName(simulate(program, { nr, arch: audit[arch], args }))
}

const execve = { action: 'allow', syscalls: ['execve'] } as const
const { ENOSYS, EPERM } = constants.errno

describe('a compiled filter', () => {
  test('gives a call that no rule names the default', () => {
    const program = compileSeccomp({ default: 'errno:ENOSYS', rules: [execve] }, { notify: false })
    expect(ask(program, 'execve')).toBe('allow')
    expect(ask(program, 'mmap')).toBe(`errno ${ENOSYS}`)
    expect(actionName(simulate(program, { nr: 9999, arch: audit[native], args: [] }))).toBe(
      `errno ${ENOSYS}`,
    )
  })

  test('kills a call by another architecture, whatever the policy says', () => {
    const i386 = { nr: 20, arch: AUDIT_ARCH_I386, args: [] }
    const x32 = { nr: 0x40000000 + 39, arch: AUDIT_ARCH_X86_64, args: [] }
    for (const [notify, action] of [
      [true, 'notify'],
      [false, 'kill'],
    ] as const) {
      const program = compileSeccomp({ default: 'allow', rules: [] }, { notify })
      expect(actionName(simulate(program, i386))).toBe(action)
      expect(actionName(simulate(program, x32))).toBe(action)
    }
  })

  test('turns kill into a notification when there is a listener', () => {
    const seccomp: SeccompPolicy = {
      default: 'allow',
      rules: [{ action: 'kill', syscalls: ['ptrace'] }],
    }
    expect(ask(compileSeccomp(seccomp, { notify: true }), 'ptrace')).toBe('notify')
    expect(ask(compileSeccomp(seccomp, { notify: false }), 'ptrace')).toBe('kill')
  })

  test('notifies of every call that a kill default denies', () => {
    const program = compileSeccomp({ default: 'kill', rules: [execve] }, { notify: true })
    expect(ask(program, 'execve')).toBe('allow')
    expect(ask(program, 'mmap')).toBe('notify')
  })

  test('lets the first rule that matches decide', () => {
    const program = compileSeccomp(
      {
        default: 'allow',
        rules: [
          { action: 'errno:EPERM', syscalls: ['openat'] },
          { action: 'kill', syscalls: ['@file-system'] },
          { action: 'log', syscalls: ['openat', 'read'] },
        ],
      },
      { notify: false },
    )
    expect(ask(program, 'openat')).toBe(`errno ${EPERM}`)
    expect(ask(program, 'mkdirat')).toBe('kill')
    expect(ask(program, 'read')).toBe('log')
  })

  test('falls through to a later rule when a condition does not hold', () => {
    const program = compileSeccomp(
      {
        default: 'errno:ENOSYS',
        rules: [
          execve,
          {
            action: 'allow',
            syscalls: ['socket'],
            conditions: [{ arg: 0, op: 'eq', value: 'AF_UNIX' }],
          },
          { action: 'kill', syscalls: ['socket'] },
        ],
      },
      { notify: false },
    )
    expect(ask(program, 'socket', [1n])).toBe('allow')
    expect(ask(program, 'socket', [2n])).toBe('kill')
    // The kernel reads 32 bits of this argument.
    expect(ask(program, 'socket', [0x1_0000_0001n])).toBe('allow')
    expect(ask(program, 'socket', [0x1_0000_0002n])).toBe('kill')
  })

  test('is made once for a policy', () => {
    const seccomp: SeccompPolicy = { default: 'allow', rules: [] }
    const program = compileSeccomp(seccomp, { notify: false })
    expect(compileSeccomp(seccomp, { notify: false })).toBe(program)
    expect(compileSeccomp(seccomp, { notify: true })).not.toBe(program)
  })

  test('leaves out calls that only another machine has', () => {
    const program = compileSeccomp(
      { default: 'errno:ENOSYS', rules: [execve, { action: 'kill', syscalls: ['mmap2', 'open'] }] },
      { notify: false, arch: 'arm64' },
    )
    expect(ask(program, 'openat', [], 'arm64')).toBe(`errno ${ENOSYS}`)
  })
})

describe('a policy that cannot be compiled', () => {
  const compiling = (seccomp: SeccompPolicy) => () => compileSeccomp(seccomp, { notify: true })

  test('stops every program from starting', () => {
    expect(compiling({ default: 'kill', rules: [] })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid seccomp policy: execve gets the default, "kill": no program could start; allow execve
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test.each([
    [
      'execve',
      0,
      0,
      'argument 0 of execve is a pointer: a filter sees the address, not the memory behind it',
    ],
    [
      'openat',
      1,
      0,
      'argument 1 of openat is a pointer: a filter sees the address, not the memory behind it',
    ],
    ['getpid', 0, 0, 'getpid has no arguments, so there is no argument 0 to compare'],
    ['read', 3, 0, 'read has arguments 0 to 2, so there is no argument 3 to compare'],
    [
      'socket',
      0,
      2 ** 33,
      '8589934592 does not fit argument 0 of socket, of which the kernel reads 32 bits',
    ],
    ['tuxcall', 0, 0, 'the arguments of tuxcall are unknown'],
  ])('compares values that cannot be compared: %s, argument %s', (name, arg, value, message) => {
    const rule = {
      action: 'kill',
      syscalls: [name],
      conditions: [{ arg, op: 'eq', value }],
    } as const
    expect(compiling({ default: 'allow', rules: [rule] })).toThrowError(
      `Invalid seccomp policy: rules[0].conditions[0]: ${message}`,
    )
  })

  test('compares bits that the kernel does not read', () => {
    const conditions = [{ arg: 1, op: 'masked_eq', value: 0, mask: '0xffff00000000' }] as const
    const rule = { action: 'kill', syscalls: ['ioctl'], conditions } as const
    expect(compiling({ default: 'allow', rules: [rule] })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid seccomp policy: rules[0].conditions[0]: the mask has none of the 32 bits of argument 1 of ioctl
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test('needs more instructions than the kernel takes', () => {
    const rules = Array.from({ length: 1000 }, (_, index) => ({
      action: index % 2 === 0 ? ('kill' as const) : ('log' as const),
      syscalls: ['mmap'],
      conditions: [0, 1, 2, 3].map((arg) => ({ arg, op: 'eq' as const, value: 1000 + index })),
    }))
    expect(compiling({ default: 'allow', rules })).toThrowError(
      /^Invalid seccomp policy: its filter has \d+ instructions, and the kernel takes at most 4096; the conditions on mmap take most of them\n {2}see: docs\/errors\.md#policy_invalid$/,
    )
  })
})

describe('the strict policy', () => {
  const { seccomp } = loadPolicy('strict')
  if (seccomp === undefined) throw new Error('strict has no seccomp part')

  describe.each(native === 'x64' ? (['x64', 'arm64'] as const) : (['arm64'] as const))(
    'on %s',
    (arch) => {
      const program = compileSeccomp(seccomp, { notify: true, arch })
      const verdict = (name: string, ...args: bigint[]) => ask(program, name, args, arch)

      test.each(['execve', 'write', 'exit_group', 'rseq', 'newfstatat', 'statx', 'futex_waitv'])(
        'allows %s',
        (name) => {
          expect(verdict(name)).toBe('allow')
        },
      )

      test.each(['ptrace', 'mount', 'unshare', 'bpf', 'keyctl', 'reboot', 'init_module'])(
        'kills for %s',
        (name) => {
          expect(verdict(name)).toBe('notify')
        },
      )

      test.each(['clone3', 'io_uring_setup', 'landlock_create_ruleset'])(
        'has no %s, so that libraries do without it',
        (name) => {
          expect(verdict(name)).toBe(`errno ${ENOSYS}`)
        },
      )

      test('allows threads and kills for namespaces', () => {
        expect(verdict('clone', 0x3d0f00n)).toBe('allow')
        expect(verdict('clone', 0x1000_0011n)).toBe('notify')
        expect(verdict('clone', 0x2_0011n)).toBe('notify')
      })

      test('allows local sockets only', () => {
        expect(verdict('socket', 1n)).toBe('allow')
        expect(verdict('socketpair', 1n)).toBe('allow')
        // SOCK_STREAM, SOCK_RAW; with SOCK_CLOEXEC and SOCK_NONBLOCK.
        for (const domain of [2n, 10n, 17n, 40n]) {
          for (const type of [1n, 3n, 0x80801n]) {
            expect(verdict('socket', domain, type)).toBe('notify')
          }
        }
      })

      test('gives an error to a library that probes the network', () => {
        expect(verdict('socket', 16n, 3n)).toBe('errno 97')
        for (const domain of [2n, 10n]) {
          for (const type of [2n, 0x80802n]) {
            expect(verdict('socket', domain, type)).toBe('errno 97')
          }
        }
      })

      test('refuses to type into a terminal, whatever the upper bits of the number', () => {
        expect(verdict('ioctl', 0n, 0x5401n)).toBe('allow')
        expect(verdict('ioctl', 0n, 0x5412n)).toBe(`errno ${EPERM}`)
        expect(verdict('ioctl', 0n, 0x5_0000_5412n)).toBe(`errno ${EPERM}`)
        expect(verdict('ioctl', 0n, 0x541cn)).toBe(`errno ${EPERM}`)
      })

      test('allows a program to read the personality, not to change it', () => {
        expect(verdict('personality', 0xffff_ffffn)).toBe('allow')
        expect(verdict('personality', 0n)).toBe('allow')
        expect(verdict('personality', 0x4_0000n)).toBe(`errno ${EPERM}`)
      })
    },
  )
})
