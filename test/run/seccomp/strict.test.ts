import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { bare } from '../support/policies.ts'
import { runC, runShell } from '../support/programs.ts'
import { lacks } from '../support/tools.ts'

describe.skipIf(lacks('gcc'))('under policy strict', () => {
  test.each([
    'ptrace',
    'mount',
    'umount2',
    'pivot_root',
    'chroot',
    'unshare',
    'setns',
    'bpf',
    'keyctl',
    'add_key',
    'init_module',
    'finit_module',
    'kexec_load',
    'reboot',
    'swapon',
    'settimeofday',
    'perf_event_open',
    'process_vm_readv',
    'open_by_handle_at',
    'userfaultfd',
    'fsopen',
    'open_tree',
    'move_mount',
  ])('a call of %s ends the run, and the result names it', async (name) => {
    const run = await runC('call', [name])
    expect(run).toBeKilledBySeccomp(name)
    expect(run).toMatchObject({ ok: false, signal: 'SIGSYS', stdout: 'calling\n' })
    expect(run.reason).toContain(`killed by seccomp: ${name}(`)
    expect(run.reason).toContain(`) is not in policy "strict"; to allow it, add`)
  })

  test.each(['AF_INET', 'AF_INET6', 'AF_PACKET', 'AF_VSOCK', 'AF_ALG'])(
    'a socket of %s ends the run, and the result has its arguments',
    async (family) => {
      const run = await runC('call', ['socket', family])
      expect(run).toBeKilledBySeccomp('socket')
      const families = {
        AF_INET: 2,
        AF_INET6: 10,
        AF_PACKET: 17,
        AF_VSOCK: 40,
        AF_ALG: 38,
      }
      expect(run.syscall?.args[0]).toBe(families[family as keyof typeof families])
      expect(run.syscall?.text).toBe(`socket(${family}, SOCK_STREAM, 0)`)
    },
  )

  test.each([
    ['datagrams', 'AF_INET'],
    ['datagrams', 'AF_INET6'],
    ['socket', 'AF_NETLINK'],
    ['datagrams', 'AF_NETLINK'],
  ])(
    'a library that opens a socket to probe the network gets an error: %s, %s',
    async (call, family) => {
      const run = await runC('call', [call, family])
      expect(run.stdout).toBe('calling\nAddress family not supported by protocol\n')
    },
  )

  test.each([
    ['a local socket', 'socket', 'AF_UNIX', 'result 3'],
    ['a pair of local sockets', 'socketpair', '', 'result 0'],
    ['an ordinary call', 'getppid', '', 'result 1'],
  ])('%s is allowed', async (_, name, argument, result) => {
    expect(await runC('call', [name, argument])).toHaveStdout(`calling\n${result}\n`)
  })

  test.each(['clone3', 'io_uring_setup', 'seccomp', 'landlock_create_ruleset', 'unknown'])(
    '%s is ENOSYS, as on an older kernel',
    async (name) => {
      expect(await runC('call', [name])).toHaveStdout('calling\nFunction not implemented\n')
    },
  )

  test('a namespace made by clone ends the run', async () => {
    expect(await runC('call', ['clone-newuser'])).toBeKilledBySeccomp('clone')
  })

  test('a child’s denied call ends the whole run', async () => {
    const run = await runC('call', ['child', 'unshare'], { limits: { walltime: '9s' } })
    expect(run).toBeKilledBySeccomp('unshare')
  })

  test('a thread’s denied call ends the whole run', async () => {
    expect(await runC('call', ['thread', 'unshare'])).toBeKilledBySeccomp('unshare')
  })

  test.skipIf(process.arch !== 'x64')(
    'a call through the 32-bit table kills the program',
    async () => {
      const run = await runC('call-i386')
      expect(run).toBeKilledBySeccomp()
      expect(run.stdout).toBe('calling\n')
    },
  )

  test.skipIf(process.arch !== 'x64')('a call with the x32 bit kills the program', async () => {
    const run = await runC('call', ['x32'])
    expect(run).toBeKilledBySeccomp()
  })
})

describe('a program whose end looks like a kill by the filter', () => {
  test('was killed by a signal when it sent itself SIGSYS', async () => {
    const run = await runShell('kill -SYS $$')
    expect(run).toBeKilledBy('SIGSYS')
    expect(run).not.toBeKilledBySeccomp()
    expect(run.reason).toBe('killed by SIGSYS')
  })

  test('was killed by a signal without a filter too', async () => {
    expect(await runShell('kill -SYS $$', { policy: 'kiss' })).toBeKilledBy('SIGSYS')
  })
})

describe.skipIf(lacks('gcc'))('a policy’s own filter', () => {
  const rule = (action: string, ...syscalls: string[]) => ({ action, syscalls })

  test('may kill calls that it does not name', async () => {
    const seccomp = {
      default: 'kill',
      rules: [
        rule(
          'allow',
          '@io',
          '@file-system',
          '@memory',
          '@process',
          '@signal',
          '@sync',
          '@time',
          '@identity',
          '@resources',
        ),
      ],
    }
    const policy = bare({ seccomp })
    expect(await sandboxed('true', [], { policy })).toSucceed()
    const run = await runC('call', ['ptrace'], { policy })
    expect(run).toBeKilledBySeccomp('ptrace')
    expect(run.policy).toBe('inline')
  })

  test('may answer with any error', async () => {
    const seccomp = { default: 'allow', rules: [rule('errno:EXDEV', 'mkdir', 'mkdirat')] }
    const run = await sandboxed('mkdir', ['d'], { policy: bare({ seccomp }) })
    expect(run.stderr).toContain('Invalid cross-device link')
  })

  test('may kill a call by its arguments', async () => {
    const conditions = [{ arg: 1, op: 'eq', value: 10 }]
    const seccomp = { default: 'allow', rules: [{ ...rule('kill', 'kill'), conditions }] }
    const run = await runShell('kill -TERM 1; echo still here; kill -USR1 1', {
      policy: bare({ seccomp }),
    })
    expect(run).toBeKilledBySeccomp('kill')
    expect(run.stdout).toBe('still here\n')
    expect(run.syscall?.args.slice(0, 2)).toEqual([1, 10])
  })

  test('is refused when no program could start under it', async () => {
    const seccomp = { default: 'kill', rules: [rule('allow', '@io')] }
    await expect(sandboxed('true', [], { policy: bare({ seccomp }) })).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining('execve'),
    })
  })

  test('in hakoniwa’s form is an allow list', async () => {
    const seccomp = { syscalls: ['mkdir', 'mkdirat'], dismatch_action: 'allow' }
    const run = await sandboxed('mkdir', ['d'], { policy: bare({ seccomp }) })
    expect(run).toBeKilledBySeccomp(/^mkdir(at)?$/)
  })
})
