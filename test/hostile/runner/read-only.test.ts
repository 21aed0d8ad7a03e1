import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../../src/index.ts'
import { giveToUser, makeDirectory } from '../../run/support/directory.ts'
import { mkfifoSync } from '../../run/support/fifo.ts'
import { bare } from '../../run/support/policies.ts'
import { runPython } from '../../run/support/programs.ts'
import { sandboxLacks } from '../../run/support/tools.ts'

const ATTACK = `
import fcntl, os, socket
os.chdir("/shown")
def attempt(name, act):
    try: print(name, act())
    except OSError as error: print(name, "refused")
attempt("read", lambda: open("file").read().strip())
attempt("connect", lambda: socket.socket(socket.AF_UNIX).connect("socket"))
attempt("fifo", lambda: os.write(os.open("fifo", os.O_WRONLY | os.O_NONBLOCK), b"x"))
attempt("write", lambda: open("file", "w"))
attempt("chmod", lambda: os.chmod("file", 0o777))
fd = os.open("file", os.O_RDONLY)
try: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
except OSError: pass
fcntl.flock(fd, fcntl.LOCK_EX)
print("done", flush=True)
import time; time.sleep(1000)`

const EXPECTED = [
  'read content',
  'connect refused',
  'fifo refused',
  'write refused',
  'chmod refused',
]

type Ways = [string, (directory: string) => Omit<SandboxOptions, 'encoding'>][]

const ways: Ways = [
  [
    'working directory',
    (source) => ({ workdir: { source, mode: 'read-only', target: '/shown' }, cwd: '/' }),
  ],
  ['mount', (source) => ({ mounts: [{ source, target: '/shown' }] })],
  [
    'mount of a policy',
    (source) => ({ policy: { extends: 'kiss', mounts: [{ source, target: '/shown' }] } }),
  ],
]

describe.skipIf(sandboxLacks('python3')).each(ways)('a read-only %s', (_, options) => {
  test('gives a program no way to act on the host: no socket, FIFO, lease or lock of the host', async () => {
    const directory = makeDirectory({ file: 'content\n' })
    const server = createServer(() => expect.unreachable('the program is connected'))
    await new Promise<void>((resolve) => server.listen(join(directory, 'socket'), resolve))
    onTestFinished(() => void server.close())
    mkfifoSync(join(directory, 'fifo'))
    const fifo = openSync(join(directory, 'fifo'), constants.O_RDONLY | constants.O_NONBLOCK)
    for (const name of ['fifo', 'socket', 'file']) chmodSync(join(directory, name), 0o777)
    giveToUser(directory)

    const run = runPython(ATTACK, {
      policy: bare(),
      ...options(directory),
    })
    await once(run.stdout, 'data')
    // A lease would delay this write, and a lock would delay flock.
    writeFileSync(join(directory, 'file'), 'more\n', { flag: 'a' })
    const lock = spawn('flock', ['-n', join(directory, 'file'), 'true'])
    expect(await once(lock, 'exit')).toEqual([0, null])
    expect(readSync(fifo, Buffer.alloc(1))).toBe(0)
    run.kill()
    expect((await run).stdout.split('\n').slice(0, -1)).toEqual([...EXPECTED, 'done'])
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('content\nmore\n')
  })
})

describe('a read-only mount of a single file', () => {
  const readOnly = (source: string) => [
    { mounts: [{ source, target: '/tmp/file' }] },
    { policy: { extends: 'kiss', mounts: [{ source, target: '/tmp/file' }] } },
  ]

  test.each([
    ['a FIFO', (path: string) => Promise.resolve(mkfifoSync(path))],
    ['a socket', listenAt],
  ])('that is %s is refused because it leads to a process of the host', async (kind, make) => {
    const path = join(makeDirectory(), 'file')
    await make(path)
    giveToUser(dirname(path))
    for (const options of readOnly(path)) {
      await expect(sandboxed('true', [], options)).rejects.toMatchObject({
        code: 'MOUNT_FAILED',
        message: expect.stringContaining(`is ${kind}, which is not shown read-only`),
        hint: expect.stringContaining('make the mount writable'),
      })
    }
  })

  test.skipIf(sandboxLacks('python3'))(
    'gives a program no lease that could delay the writers on the host',
    async () => {
      const directory = giveToUser(makeDirectory({ file: 'content' }))
      const script = `
import fcntl
with open("/tmp/file") as file:
    try: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error: print(error.strerror)`
      for (const options of readOnly(join(directory, 'file'))) {
        expect(await runPython(script, options)).toHaveStdout('Invalid argument\n')
      }
    },
  )
})

async function listenAt(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
}
