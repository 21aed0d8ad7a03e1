import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { makeDirectory } from '../run/support/directory.ts'
import { bare, uidZero } from '../run/support/policies.ts'
import { runPython, runShell } from '../run/support/programs.ts'
import { sandboxLacks } from '../run/support/tools.ts'

const policies = [
  ['strict', 'strict'],
  ['kiss', 'kiss'],
  ['bare with uid 0 inside', uidZero()],
] as const

describe.skipIf(sandboxLacks('python3'))('descriptors', () => {
  test.each(policies)('3 to 1023 are all closed under policy %s', async (_, policy) => {
    const run = await runPython(
      `
import os
opened = []
for fd in range(3, 1024):
    try: os.fstat(fd); opened.append(fd)
    except OSError: pass
print(opened)`,
      { policy, collect: ['x'], stdin: 'x', files: { '/work/y': 'y' } },
    )
    expect(run).toHaveStdout('[]\n')
  })

  test('cannot forge a report: whatever a program writes to one is only output', async () => {
    const records = [
      'WALLTIME',
      'STOPPED\0',
      'SECCOMP\0',
      'END\0\0\0\0\0',
      'COLLECT\0',
      'STARTED\0',
      'FAILURE\0',
    ]
    const run = await runPython(
      `
import os, sys
junk = b"".join(r.encode("latin1").ljust(200, b"\\0") for r in ${JSON.stringify(records).replaceAll('\\u0000', '\\0')})
for fd in range(0, 1024):
    if fd in (1, 2): continue
    try: os.write(fd, junk)
    except OSError: pass
os.write(1, junk); os.write(2, junk)
sys.exit(7)`,
      { policy: bare() },
    )
    expect(run).toExitWith(7)
    expect(run.stdout.startsWith('WALLTIME')).toBe(true)
  })

  test('of the standard streams give no file of the host when reopened in other modes', async () => {
    const directory = makeDirectory({ input: 'input\n' })
    const input = join(directory, 'input')
    const run = await runPython(
      `
import os
for fd in (0, 1, 2):
    for mode in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR | os.O_TRUNC):
        try:
            again = os.open(f"/proc/self/fd/{fd}", mode | os.O_NONBLOCK)
            if not os.path.exists(f"/proc/self/fd/{again}") and not os.readlink(f"/proc/self/fd/{again}").startswith("pipe:"): print("FILE", fd)
            os.close(again)
        except OSError: pass
    for name in ("..", "../..", "x"):
        try: os.open(f"/proc/self/fd/{fd}/{name}", os.O_RDONLY); print("WALKED", fd)
        except OSError: pass`,
      { stdin: pathToFileURL(input), policy: bare() },
    )
    expect(run).toHaveStdout('')
    expect(readFileSync(input, 'utf8')).toBe('input\n')
  })
})

test('of a host file given as stdin by URL are pipes: the program gets only the contents', async () => {
  const file = join(makeDirectory(), 'input')
  writeFileSync(file, 'input\n')
  const { mtimeMs } = statSync(file)
  const run = await sandboxed(
    'sh',
    ['-c', 'readlink /proc/self/fd/0; chmod 777 /dev/stdin; echo x >/dev/stdin'],
    {
      stdin: pathToFileURL(file),
    },
  )
  expect(run.stdout).toMatch(/^pipe:/)
  expect(readFileSync(file, 'utf8')).toBe('input\n')
  expect(statSync(file).mtimeMs).toBe(mtimeMs)
})

test('type no characters into a terminal: there is none, and TIOCSTI is refused', async () => {
  const script = `
import fcntl, termios
for fd in (0, 1, 2):
    for number in (termios.TIOCSTI, termios.TIOCSTI | (1 << 32), termios.TIOCSTI | (0xffff << 32)):
        try: fcntl.ioctl(fd, number & 0xffffffffffffffff if number < 1 << 31 else number - (1 << 64), b"x"); print("TYPED")
        except (OSError, OverflowError) as e: pass
print("tried")`
  for (const policy of ['strict', 'kiss']) {
    expect(await runPython(script, { policy })).toHaveStdout('tried\n')
  }
})

test('of its own pipes can be spoiled by the program, which harms only its own output', async () => {
  const run = await runShell(
    'chmod 000 /proc/self/fd/1; echo a; dd if=/dev/stdout of=/dev/null count=1 iflag=nonblock 2>/dev/null; echo b',
    {
      limits: { walltime: '5s' },
    },
  )
  expect(run.status).toBe('exited')
  const other = await runShell('echo c')
  expect(other).toHaveStdout('c\n')
})
