import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createSandbox, type SandboxOptions } from '../../src/index.ts'
import { giveToUser, makeDirectory } from '../run/support/directory.ts'
import { uidZero } from '../run/support/policies.ts'
import { runPython } from '../run/support/programs.ts'
import { sandboxLacks } from '../run/support/tools.ts'

// The first program waits for the second one, which may wait for its turn while other tests run.
const pair = createSandbox({ concurrency: 2, limits: { walltime: '120s' } })

/** Runs one program until it prints that it is ready, runs another meanwhile, and returns the output of the other. */
async function seenBy(writer: string, reader: string, options: SandboxOptions): Promise<string> {
  const python = (script: string) => ['-I', '-S', '-c', script]
  const first = pair('python3', python(`${writer}\nprint("ready", flush=True)\ninput()`), {
    ...options,
    stdin: 'pipe',
  })
  await Promise.race([new Promise((settle) => first.stdout.once('data', settle)), first])
  const second = await pair('python3', python(reader), options)
  first.stdin?.end('\n')
  expect(await first).toSucceed()
  expect(second.stderr).toBe('')
  return second.stdout
}

const policies = [
  ['strict', 'strict'],
  ['kiss', 'kiss'],
  ['bare with uid 0 inside', uidZero()],
] as const

/** The same policy, with a rule that lets programs watch files. */
const watching = (policy: 'strict' | 'kiss' | object): NonNullable<SandboxOptions['policy']> => {
  const rules = [{ action: 'allow', syscalls: ['@watch'] }]
  if (policy === 'strict') return { extends: 'strict', seccomp: { rules } }
  const seccomp = { default: 'allow', rules }
  return policy === 'kiss' ? { extends: 'kiss', seccomp } : { ...(policy as object), seccomp }
}

const libc = 'import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)'

describe.skipIf(sandboxLacks('python3')).each(policies)(
  'under policy %s two programs that run at once do not share',
  (_, policy) => {
    const id = randomUUID()

    test('a POSIX message queue: each has an IPC namespace', async () => {
      const open = `${libc}\nq = libc.mq_open(b"/${id}", os.O_RDWR | os.O_CREAT, 0o666, None)`
      const look = `${libc}\nprint(libc.mq_open(b"/${id}", os.O_RDWR))`
      expect(await seenBy(`${open}\nassert q >= 0`, look, { policy })).toBe('-1\n')
    })

    test('a System V semaphore or message queue: each has an IPC namespace', async () => {
      const make = `${libc}\nassert libc.semget(0x4711, 1, 0o1666) >= 0 and libc.msgget(0x4711, 0o1666) >= 0`
      const look = `${libc}\nprint(libc.semget(0x4711, 1, 0o666), libc.msgget(0x4711, 0o666))
print(sum(open("/proc/sysvipc/" + name).read().count("\\n") - 1 for name in ("sem", "msg", "shm")))`
      expect(await seenBy(make, look, { policy })).toBe('-1 -1\n0\n')
    })

    test('a POSIX semaphore or shared memory: each has a /dev/shm', async () => {
      const make = `${libc}\nlibc.shm_open.restype = ctypes.c_int
assert libc.shm_open(b"/${id}", os.O_RDWR | os.O_CREAT, 0o666) >= 0`
      const look = `${libc}\nprint(libc.shm_open(b"/${id}", os.O_RDWR, 0o666))`
      expect(await seenBy(make, look, { policy })).toBe('-1\n')
    })

    test('locks on the files of one submission: each has an overlay with inodes of its own', async () => {
      const workdir = makeDirectory({ file: 'x' })
      const lock = `import fcntl\nf = open("/work/file", "r+")\nfcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB); fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)`
      expect(await seenBy(lock, `${lock}\nprint("locked too")`, { policy, workdir })).toBe(
        'locked too\n',
      )
    })

    test('watches: the policy names no inotify, so a program has none', async () => {
      const watch = `${libc}
for name in ("inotify_init", "inotify_init1"):
    ctypes.set_errno(0)
    print(libc[name](0), os.strerror(ctypes.get_errno()))`
      expect(await runPython(watch, { policy })).toHaveStdout(
        '-1 Function not implemented\n'.repeat(2),
      )
    })

    test('watches on the files of one submission, where a policy allows them: a change by one program triggers no watch of the other', async () => {
      const workdir = giveToUser(makeDirectory({ file: 'x' }))
      const watch = `${libc}
fd = libc.inotify_init1(os.O_NONBLOCK)
assert libc.inotify_add_watch(fd, b"/work", 0xfff) >= 0 and libc.inotify_add_watch(fd, b"/work/file", 0xfff) >= 0`
      const told = `${watch}
import time
print("ready", flush=True); input()
try: print(len(os.read(fd, 4096)))
except BlockingIOError: print("nothing")`
      const options = { policy: watching(policy), workdir }
      const watcher = pair('python3', ['-I', '-S', '-c', told], { ...options, stdin: 'pipe' })
      await Promise.race([new Promise((settle) => watcher.stdout.once('data', settle)), watcher])
      const busy = await pair(
        'sh',
        ['-c', 'cat file; echo y >> file; chmod 600 file; rm file'],
        options,
      )
      expect(busy).toSucceed()
      watcher.stdin?.end('\n')
      expect(await watcher).toHaveStdout('ready\nnothing\n')
    })

    test('scarce resources of the user: timers, watches, message queues and locked memory remain available', async () => {
      const take = `${libc}
class Event(ctypes.Structure): _fields_ = [("value", ctypes.c_long), ("signal", ctypes.c_int), ("how", ctypes.c_int), ("rest", ctypes.c_char * 48)]
def timers():
    made = 0
    while made < 200000 and libc.timer_create(1, ctypes.byref(Event(0, 10, 0)), ctypes.byref(ctypes.c_void_p())) == 0: made += 1
    return made
def watchers():
    made = 0
    while libc.inotify_init1(0) >= 0: made += 1
    return made
def queues():
    made = 0
    while libc.mq_open(b"/%d" % made, os.O_RDWR | os.O_CREAT, 0o666, None) >= 0: made += 1
    return made
def locked():
    made = 0
    while made < 4096:
        block = libc.mmap
        block.restype = ctypes.c_void_p
        if libc.mlock(ctypes.c_void_p(block(None, 4096, 3, 0x22, -1, 0)), 4096): break
        made += 1
    return made
taken = [timers(), watchers(), queues(), locked()]`
      const all = `${take}\nassert all(taken), taken`
      const some = `${take}\nprint([min(each, 1) for each in taken])\nassert taken[0] <= 1024 and taken[1] <= 8 and taken[3] <= 16`
      expect(await seenBy(all, some, { policy: watching(policy) })).toBe('[1, 1, 1, 1]\n')
    })

    test('process numbers: the next numbers show nothing of the other’s processes', async () => {
      const pid = 'import os\nprint(os.getpid())'
      const many = 'import os\nfor i in range(500):\n  if os.fork() == 0: os._exit(0)\n  os.wait()'
      expect(await seenBy(many, pid, { policy })).toMatch(/^[2-9]\n$/)
    })

    test('traces in /proc: load, locks and sockets show nothing of the other', async () => {
      const make = `import socket, fcntl\ns = socket.socket(socket.AF_UNIX); s.bind("\\x00${id}"); s.listen()
f = open("/tmp/lock", "w"); fcntl.flock(f, fcntl.LOCK_EX)`
      const look = `
print("${id}" in open("/proc/net/unix").read())
print(open("/proc/locks").read())`
      expect(await seenBy(make, look, { policy })).toBe('False\n\n')
    })
  },
)

describe.skipIf(sandboxLacks('python3'))('without a filter, the network is', () => {
  test.each(policies.slice(1))('empty under policy %s', async (_, policy) => {
    const run = await runPython(
      `
import socket
def attempt(name, call):
    try: call(); print(name, "DONE")
    except OSError as e: print(name, e.strerror)
attempt("tcp", lambda: socket.create_connection(("1.1.1.1", 80), 1))
attempt("tcp6", lambda: socket.socket(socket.AF_INET6).connect(("2606:4700:4700::1111", 80)))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53)))
attempt("metadata", lambda: socket.create_connection(("169.254.169.254", 80), 1))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
def audit():
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
    s.send((20).to_bytes(4, "little") + (1005).to_bytes(2, "little") + (5).to_bytes(2, "little") + bytes(12))
    answer = s.recv(4096)
    code = int.from_bytes(answer[16:20], "little", signed=True)
    if code: raise OSError(-code, __import__("os").strerror(-code))
attempt("audit", audit)
`,
      { policy },
    )
    expect(run.stdout).not.toContain('DONE')
    expect(run.stdout.split('\n').slice(0, 6)).toEqual([
      'tcp Network is unreachable',
      expect.stringMatching(
        /^tcp6 (Network is unreachable|Cannot assign requested address|Address family not)/,
      ),
      'udp Network is unreachable',
      'metadata Network is unreachable',
      'raw Operation not permitted',
      'packet Operation not permitted',
    ])
  })

  test.each(policies.slice(1))(
    'not that of a virtual machine’s host either, under policy %s',
    async (_, policy) => {
      const run = await runPython(
        `
import socket
for cid in (0, 1, 2, 3):
    for port in (1, 22, 1024, 9999):
        try: s = socket.socket(socket.AF_VSOCK); s.settimeout(0.2); s.connect((cid, port)); print("CONNECTED", cid, port)
        except OSError: pass
try:
    s = socket.socket(socket.AF_VSOCK); s.bind((0xffffffff, 4242)); s.listen(); print("LISTENS")
except OSError: pass
print("tried")`,
        { policy },
      )
      expect(run).toHaveStdout('tried\n')
    },
  )
})
