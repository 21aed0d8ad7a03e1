import { describe, expect, test } from 'vitest'
import { syscallNumber } from '../../src/linux/syscalls.ts'
import { syscallGroup } from '../../src/seccomp/rules/groups.ts'
import { bare } from '../run/support/policies.ts'
import { runC } from '../run/support/programs.ts'
import { lacks } from '../run/support/tools.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const numberOf = (name: string) => syscallNumber(name, arch)

/** The calls of a group that this machine's kernel has. */
const callsOf = (...groups: string[]): string[] =>
  groups
    .flatMap((name) => syscallGroup(name)?.syscalls ?? [])
    .filter((name) => numberOf(name) !== undefined)

// CLONE_NEW… of linux/sched.h
const namespaces = {
  CLONE_NEWNS: 0x20000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
}
const SIGCHLD = 17

/** Makes a call by its name, with harmless arguments where none are given. */
const call = (name: string, ...args: number[]) =>
  runC('call-number', [numberOf(name) ?? 1023, ...(args.length === 0 ? [-1] : args)].map(String))

describe.skipIf(lacks('gcc'))('policy strict, on the kernel’s surface,', () => {
  test.each([
    ['tracing and reading other processes', ['@debug']],
    ['BPF, perf and userfaultfd', ['@kernel-surface']],
    ['mounts', ['@mount']],
    ['namespaces', ['@namespace']],
    ['keyrings', ['@keyring']],
    ['modules', ['@module']],
    ['kexec and reboot', ['@reboot']],
    ['quotas, swap, accounting, the kernel’s log', ['@administration']],
    ['clocks', ['@clock']],
    ['I/O ports', ['@raw-io']],
  ])('kills and names every call of %s', async (_, groups) => {
    for (const name of callsOf(...groups)) {
      const run = await call(name)
      expect(run).toBeKilledBySeccomp(name)
      expect([name, run.status, run.syscall?.name, run.stdout]).toEqual([
        name,
        'seccomp',
        name,
        'calling\n',
      ])
    }
  })

  test.each(Object.entries(namespaces))('kills a clone with %s', async (_, flag) => {
    expect(await call('clone', flag | SIGCHLD)).toBeKilledBySeccomp('clone')
    // Junk above the 32 bits that the kernel reads makes no difference: it is the same call.
    expect(await call('clone', flag + SIGCHLD + 2 ** 40)).toBeKilledBySeccomp('clone')
  })

  test.each([
    ['io_uring, whose operations no filter sees', ['@io-uring']],
    ['filters and Landlock rules of its own', ['@self-restriction']],
    ['access to the memory of other processes', ['@remote-memory']],
    ['placement of memory', ['@numa']],
    ['old asynchronous I/O', ['@aio']],
    ['list of mounts', ['@mount-info']],
    ['obsolete calls, modify_ldt among them', ['@obsolete']],
    ['flush of every user’s files to disk', ['@flush']],
  ])('has no %s: ENOSYS', async (_, groups) => {
    for (const name of callsOf(...groups)) {
      const run = await call(name)
      expect([name, run.stdout]).toEqual([name, 'calling\nFunction not implemented\n'])
    }
  })

  test('answers ENOSYS to clone3, whose flags are in memory, to memfd_secret, and to every call that it does not know', async () => {
    for (const number of [435, 447, 480, 511, 600, 1023]) {
      const run = await runC('call-number', [String(number), '-1'])
      // Only x32 has the numbers 512 to 547.
      expect([number, run.stdout]).toEqual([number, 'calling\nFunction not implemented\n'])
    }
  })

  test('keeps the personality: no fixed addresses and no old layouts', async () => {
    const ADDR_NO_RANDOMIZE = 0x40000
    const READ_IMPLIES_EXEC = 0x400000
    for (const value of [ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, 8, 0x7fffffff]) {
      expect((await call('personality', value)).stdout).toBe('calling\nOperation not permitted\n')
    }
    expect((await call('personality', 0xffffffff)).stdout).toBe('calling\nresult 0\n')
  })

  test('lets no file be opened by its handle', async () => {
    expect(await call('open_by_handle_at', -1, 0, 0)).toBeKilledBySeccomp('open_by_handle_at')
    expect((await call('name_to_handle_at', -1)).stdout).toBe('calling\nFunction not implemented\n')
  })

  test.skipIf(arch !== 'x64')(
    'kills calls through the x32 table and through the 32-bit table',
    async () => {
      const X32 = 0x40000000
      for (const number of [39, 59, 101, 520, 545]) {
        const run = await runC('call-number', [String(X32 | number), '-1'])
        expect(run).toBeKilledBySeccomp()
        expect(run.stdout).toBe('calling\n')
      }
      const run = await runC('call-i386')
      expect(run).toBeKilledBySeccomp()
      expect(run.syscall?.arch).toBe('i386')
    },
  )
})

describe.skipIf(lacks('gcc'))('a policy without a filter of its own', () => {
  test.each(callsOf('@module', '@reboot', '@administration', '@clock', '@raw-io', '@mount'))(
    'leaves %s to the kernel, which refuses it: the program has no capability',
    async (name) => {
      const run = await runC('call-number', [String(numberOf(name)), '0'], { policy: bare() })
      expect(run.stdout).toMatch(/^calling\n(?!result)/)
      expect(run).toExitWith(0)
    },
  )
})
