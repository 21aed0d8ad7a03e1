import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { giveToUser, makeDirectory } from '../run/support/directory.ts'
import { mkfifoSync } from '../run/support/fifo.ts'
import { uidZero } from '../run/support/policies.ts'
import { runPython, runShell } from '../run/support/programs.ts'
import { lacks, sandboxLacks } from '../run/support/tools.ts'

const policies = [
  ['strict', 'strict'],
  ['kiss', 'kiss'],
  ['bare with uid 0 inside', uidZero()],
] as const

describe.skipIf(sandboxLacks('python3')).each(policies)(
  'under policy %s, an object that a program leaves where its results are expected',
  (_, policy) => {
    test('is not waited for, followed or read unless it is a regular file', async () => {
      const run = await runPython(
        `
import os, socket
os.mkfifo("fifo"); os.mkdir("directory"); os.symlink("loop", "loop"); os.symlink("/dev/zero", "device")
os.symlink("/proc/self/mem", "memory"); os.symlink("/proc/1/root/etc/shadow", "shadow")
socket.socket(socket.AF_UNIX).bind("socket")`,
        {
          policy,
          collect: ['fifo', 'directory', 'loop', 'device', 'memory', 'shadow', 'socket'],
        },
      )
      expect(run).toSucceed()
      expect(run.files).toEqual({})
      const link = 'is or is behind a symbolic link'
      expect(run.uncollected).toEqual({
        fifo: 'is a FIFO',
        directory: 'is a directory',
        loop: link,
        device: link,
        memory: link,
        shadow: link,
        socket: 'ENXIO: no such device or address',
      })
    })

    test('is reported, not copied, when it is a file of a terabyte', async () => {
      const run = await runPython(
        'import os\nos.truncate(os.open("f", os.O_CREAT | os.O_RDWR), 1 << 40)',
        {
          policy,
          limits: { fileSize: '2000GiB' },
          collect: ['f'],
        },
      )
      expect(run.uncollected).toEqual({ f: 'is larger than 64 MiB: 1 TiB' })
    })

    test('is found under its name, whatever the name contains', async () => {
      const names = ['a\nb', ' ', '-rf', '\'"$(id)`\\', '\x01\x1b[2J', '..x', 'ü', 'x'.repeat(255)]
      const run = await runPython(
        `import sys\nfor name in sys.stdin.read().split("\\0"): open(name, "w").write(name)`,
        { policy, stdin: names.join('\0'), collect: names },
      )
      expect(Object.keys(run.files)).toEqual(names)
      for (const name of names) expect(Buffer.from(run.files[name] ?? []).toString()).toBe(name)
    })

    test('is removed with the run when it is a tree of five thousand directories', async () => {
      const run = await runPython(
        `
import os
for i in range(5000): os.mkdir("d"); os.chdir("d")
open("f", "w").write("deep"); print("made")`,
        { policy, collect: ['d/d/d', `${'d/'.repeat(2500)}f`] },
      )
      expect(run).toHaveStdout('made\n')
      expect(Object.values(run.uncollected)).toEqual([
        'is a directory',
        'ENAMETOOLONG: name too long',
      ])
    })

    test('is held to the disk limit when it is a hundred thousand empty files', async () => {
      const run = await runPython(
        `
made = 0
try:
    for i in range(100000): open(f"f{i}", "w").close(); made += 1
except OSError as e: print(e.strerror)
print(made)`,
        { policy, limits: { disk: '32MiB' }, collect: ['f7'] },
      )
      const [why, made] = run.stdout.split('\n')
      expect(why).toBe('No space left on device')
      expect(Number(made)).toBeLessThan((32 << 20) / 4096 + 1024)
      expect(Object.keys(run.files)).toEqual(['f7'])
    })
  },
)

describe('the working directory of a submission', () => {
  test('is shown and not read, with a FIFO, a socket, odd names and a file of a terabyte', async () => {
    const workdir = makeDirectory({ 'a\nb': 'newline', '-rf': 'dash', 'x,y:z\\w': 'comma' })
    mkfifoSync(join(workdir, 'fifo'))
    execFileSync('truncate', ['-s', '1T', join(workdir, 'huge')])
    giveToUser(workdir)
    const before = listing(workdir)
    const run = await runShell(
      'cat "./a\nb" ./-rf ./x,*; stat -c %s huge; echo x >> "a\nb"; rm -f -- -rf fifo; mv x,* "new\nname"; ls | wc -l',
      { workdir, limits: { fileSize: '1GB' } },
    )
    expect(run.stdout).toBe('newlinedashcomma1099511627776\n5\n')
    expect(run.stderr).toBe('')
    expect(listing(workdir)).toBe(before)
  })

  test.skipIf(lacks('python3'))(
    'with five thousand nested directories is run or refused by name, and costs little CPU time',
    async () => {
      const workdir = makeDirectory()
      const script =
        'import os, sys\nos.chdir(sys.argv[1])\nfor i in range(5000): os.mkdir("d"); os.chdir("d")'
      execFileSync('python3', ['-c', script, workdir])
      try {
        for (const mode of ['copy-on-write', 'read-only'] as const) {
          const before = process.cpuUsage()
          const run = sandboxed('ls', [], { workdir: { source: workdir, mode } })
          const end = await run.then(
            ({ stdout }) => stdout,
            ({ code, message }) => `${code}: ${message}`,
          )
          expect(end).toMatch(/^(d\n|[A-Z_]+: The working directory .* ENAMETOOLONG)/)
          // A search for each path from the root would take minutes. The test measures CPU time, because a busy machine
          // adds waiting.
          const { user, system } = process.cpuUsage(before)
          expect(user + system).toBeLessThan(10e6)
        }
      } finally {
        execFileSync('rm', ['-rf', join(workdir, 'd')])
      }
    },
  )

  test('shows neither another submission, nor the policy, nor the test', async () => {
    const all = makeDirectory({
      'alice/secret': 'alice',
      'bob/own': 'bob',
      'policy.toml': 'uid = 7\n',
    })
    const run = await runShell(
      `cat ../alice/secret ${all}/alice/secret ${all}/policy.toml ${import.meta.filename}; ls ${all} ..; cat /proc/self/mountinfo | cut -d" " -f4,5`,
      { workdir: join(all, 'bob') },
    )
    expect(run.stdout).not.toContain('alice')
    expect(run.stdout).not.toContain('uid = 7')
    expect(run.stderr.match(/No such file or directory/g)).toHaveLength(5)
  })

  test('gives a program none of its devices, sockets and setuid bits', async () => {
    const workdir = makeDirectory({ 'tool/': '' })
    mkdirSync(join(workdir, 'tool/sub'))
    writeFileSync(join(workdir, 'tool/id'), '#!/bin/sh\nid -u\n', { mode: 0o6755 })
    execFileSync('chmod', ['6755', join(workdir, 'tool/id')])
    if (process.getuid?.() === 0) execFileSync('mknod', [join(workdir, 'zero'), 'c', '1', '5'])
    const run = await runShell(
      './tool/id; head -c 1 zero 2>&1 | od -An -c; findmnt -no OPTIONS /work 2>/dev/null || grep " /work " /proc/self/mounts',
      { workdir },
    )
    expect(run.stdout).toMatch(/^1000\n/)
    expect(run.stdout).not.toContain('\\0')
    expect(run.stdout).toMatch(/nosuid,nodev|nodev,nosuid/)
    expect(lstatSync(join(workdir, 'tool/id')).mode & 0o7777).toBe(0o6755)
  })
})

/** Everything in a directory except the contents of its files, because one file is too large to read. */
const listing = (directory: string): string =>
  execFileSync('find', ['.', '-printf', '%p %y %m %s %U %n %T@ %l\\n'], {
    cwd: directory,
    encoding: 'utf8',
  })
