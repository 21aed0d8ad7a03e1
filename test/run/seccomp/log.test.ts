import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type SandboxResult, sandboxed } from '../../../src/index.ts'
import { bare } from '../support/policies.ts'
import { runC, runPython, runShell } from '../support/programs.ts'
import { lacks, sandboxLacks } from '../support/tools.ts'

const audit = resolve(import.meta.dirname, '../../../fixtures/policies/hakoniwa/audit.toml')
const logging = (...syscalls: string[]) =>
  bare({ seccomp: { default: 'allow', rules: [{ action: 'log', syscalls }] } })

const countOf = ({ logged = [] }: SandboxResult, name: string): number =>
  logged.filter((call) => call.name === name).reduce((sum, { count }) => sum + count, 0)

describe('hakoniwa’s audit policy', () => {
  test('lets a program run, and reports every call that it made', async () => {
    const run = await sandboxed('/bin/echo', ['hello'], { policy: audit })
    expect(run).toHaveStdout('hello\n')
    const names = run.logged?.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['mmap', 'brk', 'write', 'exit_group']))
    expect(run.logged?.find(({ name }) => name === 'exit_group')).toEqual({
      name: 'exit_group',
      args: [0],
      text: 'exit_group(0)',
      arch: process.arch === 'x64' ? 'x86_64' : 'aarch64',
      count: 1,
    })
    // These are its own calls, not those of Gradebox that started it.
    expect(names).not.toContain('execve')
  })

  test('reports the calls of programs that the program executes', async () => {
    const run = await sandboxed('/bin/sh', ['-c', '/bin/true; /bin/echo done'], { policy: audit })
    expect(run).toHaveStdout('done\n')
    expect(countOf(run, 'execve')).toBe(2)
    expect(countOf(run, 'exit_group')).toBe(3)
  })
})

describe('a call that is logged', () => {
  test.skipIf(sandboxLacks('python3'))('is made, decoded and counted by its meaning', async () => {
    const script = `import socket
for kind in socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM: socket.socket(socket.AF_INET, kind)
print('made')`
    const run = await runPython(script, { policy: logging('socket') })
    expect(run).toHaveStdout('made\n')
    expect(run.logged?.map(({ text, count }) => `${count} ${text}`)).toEqual([
      '2 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0)',
      '1 socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0)',
    ])
  })

  test.skipIf(lacks('gcc')).each([
    ['1,000 times', ['1000', '1'], 1000],
    ['by four threads', ['1000', '4'], 4000],
    ['while signals interrupt it', ['3000', '1', 'interrupted'], 3000],
  ] as const)('is counted each time: %s', async (_, args, count) => {
    const run = await runC('deny', ['repeat', ...args], { policy: logging('getppid') })
    expect(run).toSucceed()
    expect(run.stdout).toBe('starts\nends\n')
    expect(countOf(run, 'getppid')).toBe(count)
  })

  test.skipIf(lacks('gcc'))(
    'does not delay the walltime, though nobody reads its notifications',
    async () => {
      const options = { policy: logging('getppid'), limits: { walltime: '500ms' } } as const
      const pending = runC('deny', ['repeat', '100000000', '1'], options)
      await new Promise((settle) => setTimeout(settle, 100))
      // The reader's limit on time is longer than the walltime.
      const end = performance.now() + 3000
      while (performance.now() < end);
      const run = await pending
      expect(run).toExceedWalltime()
      expect(run.usage.wallTimeMs).toBeLessThan(2900)
      expect(countOf(run, 'getppid')).toBeGreaterThan(100)
    },
  )

  test.skipIf(lacks('gcc'))('does not prevent the end of a run at any time', async () => {
    const run = runC('deny', ['repeat', '100000000', '1'], { policy: logging('getppid') })
    setTimeout(() => run.kill(), 200)
    expect((await run).status).toBe('aborted')
  })

  test.skipIf(sandboxLacks('python3'))(
    'is recorded in a limited number of kinds, however many the program makes',
    async () => {
      const script = `import ctypes
libc = ctypes.CDLL(None)
for number in range(1000, 1300): libc.syscall(number)
for flags in range(100): libc.access(b'/', flags << 3)
print('made')`
      const run = await runPython(script, { policy: bare({ seccomp: { default: 'log' } }) })
      expect(run).toHaveStdout('made\n')
      const of = (pattern: RegExp) => run.logged?.filter(({ name }) => pattern.test(name)) ?? []
      expect(of(/^syscall \d+$/)).toHaveLength(33)
      expect(of(/^access$/)).toHaveLength(33)
      expect(countOf(run, 'access')).toBeGreaterThanOrEqual(100)
      expect(of(/^access$/).at(-1)).toMatchObject({ args: [], text: 'access(…)' })
    },
  )
})

describe.skipIf(lacks('gcc'))('a policy that logs and kills', () => {
  const policy = { extends: 'strict', seccomp: { default: 'log' } }

  test.each(['plainly', 'thread', 'vfork', 'grandchild'])(
    'still kills, and names the call: %s',
    async (how) => {
      const run = await runC('deny', [how], { policy })
      expect(run).toBeKilledBySeccomp('unshare')
      expect(run.syscall?.text).toBe('unshare(CLONE_NEWUSER)')
      expect(run.stdout).toBe('starts\n')
    },
  )

  test('allows calls that it logs', async () => {
    const run = await runC('call', ['unknown'], { policy })
    expect(run).toHaveStdout('calling\nFunction not implemented\n')
    expect(run.logged).toHaveLength(1)
    expect(run.logged?.[0]?.text).toMatch(/^syscall 1023\(0xf+, 0, 0, 0, 0, 0\)$/)
  })

  test('is not misled by a SIGSYS that a program sends', async () => {
    expect(await runShell('kill -SYS $$', { policy })).toBeKilledBy('SIGSYS')
  })

  test.skipIf(process.arch !== 'x64')('kills for calls through other tables', async () => {
    for (const each of [policy, audit]) {
      const run = await runC('call-i386', [], { policy: each })
      expect(run).toBeKilledBySeccomp(/^32-bit syscall 20$/)
      expect(run.stdout).toBe('calling\n')
      expect(await runC('call', ['x32'], { policy: each })).toBeKilledBySeccomp(/^x32 syscall 39$/)
    }
  })

  test('leaves a call to the kernel when the policy both kills for it and logs it under one name', async () => {
    const rules = [
      { action: 'kill', syscalls: ['unshare'], conditions: [{ arg: 0, value: 'CLONE_NEWUSER' }] },
      { action: 'log', syscalls: ['unshare'] },
    ]
    const both = bare({ seccomp: { default: 'allow', rules } })
    const run = await runC('deny', ['plainly'], { policy: both })
    expect(run).toBeKilledBySeccomp()
    expect(run.syscall).toBeUndefined()
  })
})

test('a policy that logs nothing reports nothing', async () => {
  expect(await sandboxed('true')).not.toHaveProperty('logged')
  expect((await sandboxed('true', [], { policy: logging('getppid') })).logged).toEqual([])
})
