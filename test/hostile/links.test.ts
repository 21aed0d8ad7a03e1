import { linkSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { giveToUser, makeDirectory, snapshot } from '../run/support/directory.ts'
import { bare } from '../run/support/policies.ts'
import { runPython, runShell } from '../run/support/programs.ts'
import { sandboxLacks } from '../run/support/tools.ts'

describe('collect brings back nothing of the host', () => {
  test('through a link that the program made, anywhere on the path', async () => {
    const host = makeDirectory({ secret: 'host secret' })
    const run = await runShell(
      `ln -s ${host}/secret a; ln -s ${host} b; ln -s / c; mkdir d; ln -s ../.. d/e; ln -s /proc/1/root f; ln -s /proc/self/cwd g`,
      {
        collect: ['a', 'b/secret', `c${host}/secret`, `d/e${host}/secret`, 'f/etc/passwd', 'g/a'],
        policy: bare(),
      },
    )
    expect(Object.keys(run.files)).toEqual([])
  })

  test('through a link that the submission contains', async () => {
    const host = makeDirectory({ secret: 'host secret' })
    const workdir = makeDirectory()
    symlinkSync(join(host, 'secret'), join(workdir, 'out'))
    symlinkSync(host, join(workdir, 'dir'))
    giveToUser(workdir)
    for (const mode of ['copy-on-write', 'read-only', 'read-write'] as const) {
      const run = await sandboxed('true', [], {
        workdir: { source: workdir, mode },
        collect: ['out', 'dir/secret'],
      })
      expect(Object.keys(run.files)).toEqual([])
    }
  })

  test('through “..”: the path ends at the sandbox’s root', async () => {
    const host = makeDirectory({ secret: 'host secret' })
    const run = await sandboxed('true', [], {
      collect: [`../../../..${host}/secret`, '../../etc/shadow', '../etc/passwd'],
    })
    expect(Object.keys(run.files)).toEqual(['../etc/passwd'])
    expect(Buffer.from(run.files['../etc/passwd'] ?? []).toString()).toContain('student')
  })

  test.skipIf(sandboxLacks('python3'))(
    'through a race that swaps a file and a link until the run ends',
    async () => {
      const host = makeDirectory({ secret: 'host secret' })
      const run = await runPython(
        `
import os
os.symlink("${host}/secret", "link"); open("real", "w").write("own")
print("racing", flush=True)
while True:
    for name in ("link", "real"):
        os.link(name, "x", follow_symlinks=False) ; os.rename("x", "out")`,
        { collect: ['out'], limits: { walltime: '300ms' }, policy: bare() },
      )
      expect(run).toExceedWalltime()
      const out = run.files.out
      if (out !== undefined) expect(Buffer.from(out).toString()).toBe('own')
    },
  )
})

describe('copy-on-write keeps the host’s files unchanged', () => {
  test('behind links that the submission contains, symbolic and hard', async () => {
    const host = makeDirectory({ file: 'untouched\n', 'dir/file': 'untouched\n' })
    const workdir = makeDirectory({ own: 'own\n' })
    symlinkSync(join(host, 'file'), join(workdir, 'soft'))
    symlinkSync(join(host, 'dir'), join(workdir, 'dir'))
    linkSync(join(host, 'file'), join(workdir, 'hard'))
    const before = snapshot(host)
    await runShell(
      'echo x > soft; echo x > dir/file; echo x > hard; echo x >> hard; chmod 777 hard; rm -rf dir/; mv hard own; truncate -s 0 own',
      { workdir },
    )
    expect(snapshot(host)).toBe(before)
  })

  test.skipIf(sandboxLacks('python3'))(
    'through a writable mapping and through an open descriptor',
    async () => {
      const workdir = makeDirectory({ file: 'untouched\n' })
      const before = snapshot(workdir)
      const run = await runPython(
        `
import mmap, os
reader = os.open("file", os.O_RDONLY)
fd = os.open("file", os.O_RDWR)
m = mmap.mmap(fd, 0); m[0:3] = b"XXX"; m.flush()
os.pwrite(fd, b"YYY", 3); os.ftruncate(fd, 6)
for path in ("/proc/self/fd/%d" % reader,):
    try: os.write(os.open(path, os.O_RDWR), b"ZZZ")
    except OSError: pass
print(open("file").read())`,
        { workdir },
      )
      expect(run.stdout).toMatch(/XYYY|ZZZYYY/)
      expect(snapshot(workdir)).toBe(before)
    },
  )
})

test('a file that the test puts in place replaces whatever the submission has there', async () => {
  const host = makeDirectory({ file: 'untouched\n' })
  const workdir = makeDirectory()
  // A write through this hard link would change the host's file.
  linkSync(join(host, 'file'), join(workdir, 'expected.txt'))
  const run = await sandboxed('cat', ['expected.txt'], {
    workdir,
    files: { '/work/expected.txt': 'the test’s\n' },
  })
  expect(run).toHaveStdout('the test’s\n')
  expect(readFileSync(join(host, 'file'), 'utf8')).toBe('untouched\n')
  writeFileSync(join(host, 'file'), '')
})
