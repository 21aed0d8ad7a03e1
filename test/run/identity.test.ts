import { readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import { createSandbox, sandboxed } from '../../src/index.ts'
import { bare, uidZero } from './support/policies.ts'
import { eventually, makeMarker, processesWith } from './support/processes.ts'
import { runPython, runShell } from './support/programs.ts'
import { sandboxLacks } from './support/tools.ts'

const statusOf = async (policy: string | object) =>
  (await sandboxed('cat', ['/proc/self/status'], { policy })).stdout

describe('a program', () => {
  test('has the policy’s user and group, and no other group', async () => {
    expect(await runShell('id -u; id -g; id -G; id -un')).toHaveStdout(
      '1000\n1000\n1000\nstudent\n',
    )
    const policy = bare({ uid: 4321, gid: 1234 })
    expect(await runShell('id -u; id -g', { policy })).toHaveStdout('4321\n1234\n')
  })

  test.each([
    ['strict', 'strict'],
    ['kiss', 'kiss'],
    ['bare with uid 0 inside', uidZero()],
  ])('has no capability and can get none under policy %s', async (_, policy) => {
    const status = await statusOf(policy)
    expect(status.match(/^Cap\w+:\s+(\w+)$/gm)).toEqual([
      'CapInh:\t0000000000000000',
      'CapPrm:\t0000000000000000',
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000000000000',
      'CapAmb:\t0000000000000000',
    ])
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
  })

  test('is never root to the kernel', async () => {
    for (const policy of ['strict', uidZero()]) {
      const marker = makeMarker()
      const controller = new AbortController()
      const run = sandboxed('sleep', [marker], { policy, signal: controller.signal })
      expect(await eventually(() => processesWith(marker).length > 0)).toBe(true)
      // The host's /proc shows the ids that the kernel compares: real, effective, saved and of the file system.
      const [pid] = processesWith(marker)
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const ids = [...status.matchAll(/^[UG]id:\t(.*)$/gm)].flatMap(([, line]) => line?.split('\t'))
      controller.abort()
      expect((await run).status).toBe('aborted')
      expect(ids).toHaveLength(8)
      expect(ids).not.toContain('0')
    }
  })

  test('has one user and one group', async () => {
    for (const policy of ['strict', uidZero()]) {
      const run = await runShell('cat /proc/self/uid_map; cat /proc/self/gid_map', { policy })
      expect(run.stdout).toMatch(/^( +\d+ +\d+ +1\n){2}$/)
    }
  })

  test.each(['strict', 'kiss'])('runs under one filter with policy %s', async (policy) => {
    const status = await statusOf(policy)
    expect(status).toMatch(/^Seccomp:\t2$/m)
    expect(status).toMatch(/^Seccomp_filters:\t1$/m)
  })

  test('sees only the processes of its sandbox, and is not their first', async () => {
    const run = await runShell('ls -d /proc/[0-9]* | wc -l; echo $$; cat /proc/1/comm')
    const [count, pid, init] = run.stdout.trim().split('\n')
    // The init, the shell, and the two processes of the pipeline.
    expect(Number(count)).toBeLessThanOrEqual(4)
    expect(Number(pid)).toBeGreaterThan(1)
    expect(Number(pid)).toBeLessThan(10)
    expect(init).toBe('gradebox')
  })

  test('has the descriptors 0, 1 and 2, and no other', async () => {
    // ls itself opens descriptor 3 to list them.
    for (const policy of ['strict', 'kiss']) {
      const run = await sandboxed('ls', ['/proc/self/fd'], { policy, stdin: 'x', collect: ['y'] })
      expect(run).toHaveStdout('0\n1\n2\n3\n')
    }
  })

  test('has a session of its own, without a terminal', async () => {
    const run = await runShell('cut -d " " -f 1,5,6,7 /proc/$$/stat; exec 2>&1; : < /dev/tty')
    const [numbers = ''] = run.stdout.split('\n')
    const [pid, group, session, terminal] = numbers.split(' ')
    expect([group, session, terminal]).toEqual([pid, pid, '0'])
    expect(run.stdout).toMatch(/cannot open \/dev\/tty/)
  })

  test('has umask 022', async () => {
    expect(await runShell('umask; touch f; stat -c %a f')).toHaveStdout('0022\n644\n')
  })

  test('has namespaces of its own', async () => {
    const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts']
    const paths = kinds.map((kind) => `/proc/self/ns/${kind}`)
    // Both run at once, because the kernel reuses the number of a namespace that has ended.
    const pair = createSandbox({ concurrency: 2 })
    const inside = () => pair('sh', ['-c', `readlink ${paths.join(' ')}; sleep 0.3`])
    const [one, other] = await Promise.all([inside(), inside()])
    const names = [
      ...paths.map((path) => readlinkSync(path)),
      ...one.stdout.trim().split('\n'),
      ...other.stdout.trim().split('\n'),
    ]
    expect(names).toHaveLength(3 * kinds.length)
    expect(new Set(names).size).toBe(names.length)
  })

  test('is the first target of the out-of-memory killer', async () => {
    expect(await sandboxed('cat', ['/proc/self/oom_score_adj'])).toHaveStdout('1000\n')
  })
})

describe('the host name', () => {
  test('is the policy’s', async () => {
    expect(await sandboxed('uname', ['-n'])).toHaveStdout('gradebox\n')
    const policy = bare({ hostname: 'exam-42' })
    expect(await sandboxed('uname', ['-n'], { policy })).toHaveStdout('exam-42\n')
  })

  test('is the host’s with share_uts', async () => {
    const policy = bare({ share_uts: true })
    expect(await sandboxed('uname', ['-n'], { policy })).toHaveStdout(`${hostname()}\n`)
  })
})

describe.skipIf(sandboxLacks('python3'))('the network', () => {
  const connect = `
import socket, sys
s = socket.socket()
try:
    s.connect(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else PORT)); print("connected")
except OSError as e: print(type(e).__name__)`
  const policy = (network: string) => bare({ network })

  test('is a loopback interface that is up', async () => {
    const run = await runPython(
      `
import socket
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
client = socket.create_connection(server.getsockname())
client.sendall(b"hello"); print(server.accept()[0].recv(5).decode())
print([name for _, name in socket.if_nameindex()])`,
      { policy: policy('loopback') },
    )
    expect(run).toHaveStdout("hello\n['lo']\n")
  })

  test('has no interface with `none`', async () => {
    const run = await runPython(connect.replace('PORT', '9'), { policy: policy('none') })
    expect(run).toHaveStdout('OSError\n')
  })

  test('differs from the host’s unless the policy shares it', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    await new Promise((settle) => server.once('listening', settle))
    const { port } = server.address() as { port: number }
    try {
      const script = connect.replace('PORT', String(port))
      const apart = await runPython(script, { policy: policy('loopback') })
      expect(apart).toHaveStdout('ConnectionRefusedError\n')
      const shared = await runPython(script, { policy: policy('host') })
      expect(shared).toHaveStdout('connected\n')
    } finally {
      server.close()
    }
  })
})

describe('/proc', () => {
  test('shows only process directories with `pid`, and is missing with `none`', async () => {
    const pid = await runShell('ls /proc | grep -v "^[0-9]*$"', { policy: bare({ proc: 'pid' }) })
    expect(pid.stdout).not.toContain('cpuinfo')
    expect(pid.stdout).toContain('self')
    const none = await runShell('ls -A /proc', { policy: bare({ proc: 'none' }) })
    expect(none).toHaveStdout('')
  })
})

test('/dev has the harmless devices, and they work', async () => {
  const run = await runShell(
    'ls /dev; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; echo x > /dev/null; cat /dev/zero > /dev/full',
  )
  expect(run.stdout).toBe(
    'fd\nfull\nnull\nrandom\nshm\nstderr\nstdin\nstdout\nurandom\nzero\n3\n3\n',
  )
  expect(run.stderr).toContain('No space left on device')
})

test('/tmp and /dev/shm are empty, writable by all, and sticky', async () => {
  const run = await runShell(
    'ls -A /tmp /dev/shm; stat -c %a /tmp /dev/shm; touch /tmp/x /dev/shm/x',
  )
  expect(run).toHaveStdout('/dev/shm:\n\n/tmp:\n1777\n1777\n')
  expect(run).toSucceed()
})
