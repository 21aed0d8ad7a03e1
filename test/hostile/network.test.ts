import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/index.ts'
import { bare } from '../run/support/policies.ts'
import { runPython, runShell } from '../run/support/programs.ts'
import { sandboxLacks } from '../run/support/tools.ts'

async function listening(address: { port: number; host: string } | { path: string }) {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((settle) => server.listen(address, settle))
  return { server, count: () => connections, address: server.address() }
}

describe.skipIf(sandboxLacks('python3'))('from a sandbox', () => {
  test('a program does not reach a port on the host’s loopback', async () => {
    const { server, count, address } = await listening({ port: 0, host: '127.0.0.1' })
    try {
      const { port } = address as { port: number }
      const run = await runPython(
        `
import socket
for host in ("127.0.0.1", "0.0.0.0", "localhost"):
    try: socket.create_connection((host, ${port}), 1); print("CONNECTED")
    except OSError as e: print("refused")`,
        { policy: bare() },
      )
      expect(run.stdout).not.toContain('CONNECTED')
      expect(count()).toBe(0)
    } finally {
      server.close()
    }
  })

  test('a program does not reach an abstract socket of the host', async () => {
    const name = `gradebox-${randomUUID()}`
    const { server, count } = await listening({ path: `\0${name}` })
    try {
      const script = `
import socket
s = socket.socket(socket.AF_UNIX)
try: s.connect("\\x00${name}"); print("CONNECTED")
except OSError as e: print("refused")`
      for (const policy of ['strict', 'kiss']) {
        expect(await runPython(script, { policy })).toHaveStdout('refused\n')
      }
      expect(count()).toBe(0)
    } finally {
      server.close()
    }
  })

  test('a program reaches no address outside: there is no interface but lo, and no route', async () => {
    const run = await runPython(
      `
import socket
print([name for _, name in socket.if_nameindex()])
for address in ("1.1.1.1", "10.0.0.1", "169.254.169.254", "255.255.255.255"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    try: s.sendto(b"x", (address, 53)); print("SENT", address)
    except OSError: pass
try: socket.socket(socket.AF_VSOCK).connect((2, 1)); print("VSOCK")
except OSError: pass`,
      { policy: bare() },
    )
    expect(run).toHaveStdout("['lo']\n")
  })
})

describe.skipIf(sandboxLacks('python3'))('two sandboxes that run at once share', () => {
  const pair = createSandbox({ concurrency: 2 })
  const id = randomUUID()

  /** Runs a writer and a reader of the same thing at the same time; returns the reader's output. */
  async function seenBy(writer: string, reader: string, policy: string | object): Promise<string> {
    const first = pair(
      'python3',
      ['-I', '-S', '-c', `${writer}\nprint("ready", flush=True)\ninput()`],
      {
        policy,
        stdin: 'pipe',
      },
    )
    await new Promise((settle) => first.stdout.once('data', settle))
    const second = await pair('python3', ['-I', '-S', '-c', reader], { policy })
    first.stdin?.end('\n')
    expect(await first).toSucceed()
    return second.stdout + second.stderr
  }

  test.each(['strict', 'kiss'])(
    'no file in /tmp, /dev/shm or /work under policy %s',
    async (policy) => {
      const places = `["/tmp/${id}", "/dev/shm/${id}", "/work/${id}"]`
      const writer = `for p in ${places}: open(p, "w").write("secret")`
      const reader = `import os\nprint([p for p in ${places} if os.path.exists(p)])`
      expect(await seenBy(writer, reader, policy)).toBe('[]\n')
    },
  )

  test.each(['strict', 'kiss'])('no SysV shared memory under policy %s', async (policy) => {
    const libc = 'import ctypes; libc = ctypes.CDLL(None, use_errno=True)'
    const writer = `${libc}; print(libc.shmget(0x4242, 4096, 0o1666) >= 0)`
    const reader = `${libc}; print(libc.shmget(0x4242, 4096, 0o666)); print(open("/proc/sysvipc/shm").read().count("\\n"))`
    expect(await seenBy(writer, reader, policy)).toBe('-1\n1\n')
  })

  test('no abstract socket', async () => {
    const bind = `import socket\ns = socket.socket(socket.AF_UNIX)\ns.bind("\\x00${id}")`
    expect(await seenBy(`${bind}; s.listen()`, `${bind}\nprint("bound here too")`, 'strict')).toBe(
      'bound here too\n',
    )
  })

  test('no port', async () => {
    const bind = 'import socket\ns = socket.socket()\ns.bind(("127.0.0.1", 4242))'
    expect(await seenBy(`${bind}; s.listen()`, `${bind}\nprint("bound here too")`, bare())).toBe(
      'bound here too\n',
    )
  })

  // The sandboxes of an ordinary user are one user to the kernel, so any of them could read the names of another's
  // keys.
  test.each(['kiss', 'strict'])(
    'no key under policy %s, whichever way a program asks for it',
    async (policy) => {
      const libc = `import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
add, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]`
      const script = `${libc}\nprint(libc.syscall(add, b"user", b"${id}", b"secret", 6, -3), os.strerror(ctypes.get_errno()), flush=True)\nlibc.syscall(keyctl, 0, -3, 0)\nprint(os.strerror(ctypes.get_errno()))`
      const run = await runPython(script, { policy })
      if (policy === 'strict') expect(run).toBeKilledBySeccomp('add_key')
      else expect(run.stdout).toMatch(/-1 Function not implemented\nFunction not implemented\n$/)
    },
  )

  test('no list of keys, which would show the keys of the user who runs the tests', async () => {
    const numbers = readFileSync('/proc/keys', 'utf8').match(/^[0-9a-f]{8}/gm) ?? []
    for (const policy of ['kiss', 'strict']) {
      const run = await runShell('cat /proc/keys /proc/key-users', { policy })
      // As root each run is a user of its own, and has at most its own session keyring.
      expect(run.stdout.replace(/^.* keyring +_ses: empty\n +\d+: .*\n$/, '')).toBe('')
      expect(numbers.filter((number) => run.stdout.includes(number))).toEqual([])
    }
  })

  test('no process, and no files of a process', async () => {
    const writer = 'import os; os.setsid() if False else None'
    const reader = 'import os; print(len([p for p in os.listdir("/proc") if p.isdigit()]))'
    expect(await seenBy(writer, reader, 'kiss')).toBe('2\n')
  })
})

test('SysV shared memory of a sandbox does not outlive it on the host', async () => {
  const count = async () => (await runShell('ipcs -m | wc -l', { policy: 'kiss' })).stdout
  const before = await count()
  await runPython('import ctypes; ctypes.CDLL(None).shmget(0x4243, 4096, 0o1666)', {
    policy: 'kiss',
  })
  expect(await count()).toBe(before)
})
