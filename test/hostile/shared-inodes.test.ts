import { closeSync, fsyncSync, openSync, readFileSync, watch } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { shippedPolicies } from '../../src/policy/shipped.ts'
import { giveToUser, makeDirectory } from '../run/support/directory.ts'
import { runPython } from '../run/support/programs.ts'
import { sandboxLacks } from '../run/support/tools.ts'

/** The policies under which Python runs. */
const policies = shippedPolicies().filter((name) => name !== 'native')

/** A call by its name in the C library, or by its number on this machine. */
const prelude = `
import ctypes, errno, fcntl, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    ctypes.set_errno(0)
    result = libc[name](*args)
    print(name, 'ok' if result == 0 else errno.errorcode[ctypes.get_errno()])
`

describe.skipIf(sandboxLacks('python3')).each(policies)('under policy %s a program', (policy) => {
  test('flushes no file of the host to the disk: the calls return 0 without effect', async () => {
    const script = `${prelude}
fd = os.open('/usr/bin/env', os.O_RDONLY)
# The kernel refuses the last one; only the filter lets it return 0.
for each in (fd, os.open('/usr', os.O_RDONLY), 999): call('fsync', each); call('fdatasync', each)
call('sync_file_range', 999, ctypes.c_long(0), ctypes.c_long(0), 7)`
    expect(await runPython(script, { policy })).toHaveStdout(
      `${'fsync ok\nfdatasync ok\n'.repeat(3)}sync_file_range ok\n`,
    )
  })

  test('watches no file of the host', async () => {
    const script = `${prelude}
call('inotify_init1', 0)
call('inotify_init')
fd = os.open('/usr/bin', os.O_RDONLY)
call('fcntl', fd, fcntl.F_NOTIFY, fcntl.DN_ACCESS | fcntl.DN_MULTISHOT)
call('fcntl', fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)`
    expect(await runPython(script, { policy })).toHaveStdout(
      'inotify_init1 ENOSYS\ninotify_init ENOSYS\nfcntl EINVAL\nfcntl EINVAL\n',
    )
  })
})

test('the disk of the host gets no flush from a program that asks for thousands', async () => {
  const flushes = () => {
    const fields = readFileSync('/proc/diskstats', 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line.trim().split(/\s+/)[18] ?? 0))
    return fields.reduce((sum, each) => sum + each, 0)
  }
  const script = `
import os
fd = os.open('/usr/bin/env', os.O_RDONLY)
for _ in range(5000): os.fsync(fd)
print('done')`
  const before = flushes()
  expect(await runPython(script, { policy: 'kiss' })).toHaveStdout('done\n')
  // Other programs of the machine flush too, but not thousands of times.
  expect(flushes() - before).toBeLessThan(2500)
})

test('what a program writes into a read-write working directory arrives, although fsync does nothing', async () => {
  const source = giveToUser(makeDirectory())
  const script = "import os; f = open('out', 'w'); f.write('x' * 100000); f.flush(); os.fsync(f)"
  expect(
    await sandboxed('python3', ['-c', script], {
      workdir: { source, mode: 'read-write' },
    }),
  ).toSucceed()
  expect(readFileSync(`${source}/out`, 'utf8')).toHaveLength(100_000)
})

test('Node’s fs.watch fails as on a kernel without inotify, and works where the policy names it', async () => {
  const script = 'fs.watch(".").on("error", () => {}).close(); console.log("watches")'
  const policy = {
    extends: 'node',
    seccomp: { rules: [{ action: 'allow', syscalls: ['@watch'] }] },
  }
  expect(await sandboxed('node', ['-e', script], { policy })).toHaveStdout('watches\n')
  expect((await sandboxed('node', ['-e', script], { policy: 'node' })).stderr).toContain('ENOSYS')
})

test('a host process that watches a file keeps its watch, and sees only what programs read', async () => {
  const workdir = makeDirectory({ file: 'x' })
  const seen: string[] = []
  const watcher = watch(`${workdir}/file`, (event) => seen.push(event))
  const own = openSync(`${workdir}/file`, 'r')
  const script = 'for i in 1 2 3; do echo $i >> file; chmod 600 file; done; rm file; mkdir file'
  expect(await sandboxed('sh', ['-c', script], { workdir })).toSucceed()
  await sleep(100)
  fsyncSync(own)
  closeSync(own)
  watcher.close()
  expect(seen).toEqual([])
})
