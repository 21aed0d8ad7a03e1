import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { giveToUser, makeDirectory } from './support/directory.ts'
import { runPython, runShell } from './support/programs.ts'
import { sandboxLacks } from './support/tools.ts'

const texts = (files: Readonly<Record<string, Uint8Array>>) =>
  Object.fromEntries(
    Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
  )

const tree =
  'mkdir -p out/a/b; for f in x.txt a/y.txt a/b/z.txt a/b/.w c.log; do printf %s "$f" > out/$f; done'
const all = ['out/a/b/.w', 'out/a/b/z.txt', 'out/a/y.txt', 'out/c.log', 'out/x.txt']
const link = 'is or is behind a symbolic link'

describe('a pattern or a directory of collect brings back the files that it matches', () => {
  test.each([
    ['out/', all],
    ['out/**', all],
    ['out/*', ['out/c.log', 'out/x.txt']],
    ['./out/*.txt', ['./out/x.txt']],
    ['**/*.txt', ['out/a/b/z.txt', 'out/a/y.txt', 'out/x.txt']],
    ['out/**/b/*', ['out/a/b/.w', 'out/a/b/z.txt']],
    ['out/{x.txt,a/y.txt,none}', ['out/a/y.txt', 'out/x.txt']],
    ['out/[!x].log', ['out/c.log']],
    ['/work/out/a/?.txt', ['/work/out/a/y.txt']],
    ['none/**', []],
  ])('%s', async (name, paths) => {
    const run = await runShell(tree, { collect: [name] })
    expect(run).toSucceed()
    expect(Object.keys(run.files)).toEqual(paths)
    expect(run.uncollected).toEqual({})
    for (const [path, text] of Object.entries(texts(run.files))) {
      expect(path.endsWith(`out/${text}`)).toBe(true)
    }
    for (const path of paths) expect(run).toHaveFile(path)
  })

  test('next to plain paths, relative to cwd and absolute', async () => {
    const run = await runShell('echo a > a; mkdir d; echo b > d/b; echo c > /work/c', {
      cwd: '/tmp',
      collect: ['a', 'd/', '/work/*', 'd', 'missing'],
    })
    expect(texts(run.files)).toEqual({ a: 'a\n', 'd/b': 'b\n', '/work/c': 'c\n' })
    expect(run.uncollected).toEqual({ d: 'is a directory' })
  })

  test('also after a run that reached its walltime', async () => {
    const run = await runShell('echo partial > f; sleep 1000', {
      collect: ['*'],
      limits: { walltime: '300ms' },
    })
    expect(texts(run.files)).toEqual({ f: 'partial\n' })
  })

  test.each(['copy-on-write', 'read-only', 'read-write'] as const)(
    'from a %s working directory',
    async (mode) => {
      const workdir = makeDirectory({ a: 'old', 'd/b': 'kept' })
      giveToUser(workdir)
      const run = await runShell('printf new > a; true', {
        workdir: { source: workdir, mode },
        collect: ['**'],
      })
      const a = mode === 'read-only' ? 'old' : 'new'
      expect(texts(run.files)).toEqual({ a, 'd/b': 'kept' })
    },
  )

  test('also where programs run without namespaces', async () => {
    const run = await runShell(tree, {
      collect: ['out/', '/work/out/*.log'],
      isolation: 'confined',
    })
    expect(run).toSucceed()
    expect(Object.keys(run.files)).toEqual([...all, '/work/out/c.log'])
  })
})

describe('a matched file that cannot be brought back is in uncollected', () => {
  test('a file that is not regular, and a path whose directory is not a directory', async () => {
    const host = makeDirectory({ secret: 'host secret' })
    const run = await runShell(
      `mkdir out; cd out; mkfifo fifo; ln -s ${host}/secret file; ln -s ${host} dir; ln -s / root; ln -s loop loop; ln -s /proc/1/root/etc/passwd magic; echo x > x`,
      { collect: ['out/**', 'out/dir/*', 'out/x/', 'out/root/**'] },
    )
    expect(run).toSucceed()
    expect(texts(run.files)).toEqual({ 'out/x': 'x\n' })
    expect(run.uncollected).toEqual({
      'out/fifo': 'is a FIFO',
      'out/file': link,
      'out/dir': link,
      'out/root': link,
      'out/loop': link,
      'out/magic': link,
      'out/dir/*': link,
      'out/x/': 'out/x is not a directory',
      'out/root/**': link,
    })
  })

  test('files and directories that the program itself may not read', async () => {
    const run = await runShell('echo a > a; mkdir d; echo b > d/b; chmod 000 a d', {
      collect: ['**'],
    })
    expect(run.files).toEqual({})
    expect(run.uncollected).toEqual({
      a: 'EACCES: permission denied',
      d: 'EACCES: permission denied',
    })
  })

  test('files that are too large alone, and files that are too large together', async () => {
    const run = await runShell(
      'truncate -s 1T huge; for i in 1 2 3 4 5; do truncate -s 60M $i; done',
      { collect: ['*'], limits: { fileSize: '2TiB' } },
    )
    expect(Object.keys(run.files)).toEqual(['1', '2', '3', '4'])
    expect(run.uncollected).toEqual({
      5: 'does not fit into the 256 MiB that a run with patterns collects',
      huge: 'is larger than 64 MiB: 1 TiB',
    })
  })

  test('collect enters no other mount below the directory', async () => {
    const source = makeDirectory({ secret: 'of the mount' })
    const run = await sandboxed('cat', ['data/secret'], {
      collect: ['**', 'data/*'],
      mounts: [{ source, target: '/work/data' }],
    })
    expect(run).toSucceed()
    expect(texts(run.files)).toEqual({ 'data/secret': 'of the mount' })
  })
})

describe.skipIf(sandboxLacks('python3'))('hostile names and trees', () => {
  test('newlines, escapes and property names are names like any other', async () => {
    const names = ['\x01\x1b[2J', '\n', '*', '-rf', '[', '__proto__', 'a\nb', 'ü', 'x'.repeat(255)]
    const run = await runPython(
      'import sys\nfor name in sys.stdin.read().split("\\0"): open(name, "w").write(name)',
      { stdin: names.join('\0'), collect: ['*'] },
    )
    expect(run).toSucceed()
    expect(texts(run.files)).toEqual(Object.fromEntries(names.map((name) => [name, name])))
  })

  test('a name that is not valid UTF-8 is reported as such, and hides no other', async () => {
    const run = await runPython(
      'import os\nos.mkdir(b"d\\xff"); open(b"d\\xff/f", "w"); open(b"a\\xff", "w"); open(b"a\\xfe", "w"); open("b", "w")',
      { collect: ['**'] },
    )
    expect(run).toSucceed()
    expect(Object.keys(run.files)).toEqual(['b'])
    const why = 'its name is not valid UTF-8'
    expect(run.uncollected).toEqual({ 'a\uFFFD': why, 'd\uFFFD': why })
  })

  test('collect enters a hundred of five thousand nested directories', async () => {
    const run = await runPython(
      'import os\nfor i in range(5000): os.mkdir("d"); open("f", "w"); os.chdir("d")',
      { collect: ['**'], limits: { walltime: '60s' } },
    )
    expect(run).toSucceed()
    expect(Object.keys(run.files).length).toBe(101)
    expect(run.uncollected).toEqual({
      [`${'d/'.repeat(100)}d`]: 'is more than 100 directories deep',
    })
  })

  test('collect brings back ten thousand of a hundred thousand files, the same each time', async () => {
    const run = await runPython(
      'import os\nos.mkdir("out")\nfor i in range(100001): os.link("out/f0", f"out/f{i}") if i else open("out/f0", "w").close()',
      { collect: ['out/f*', 'out/none*', 'out/f1'], limits: { disk: '1GiB', walltime: '120s' } },
    )
    expect(run).toSucceed()
    expect(Object.keys(run.files).length).toBeLessThanOrEqual(10_000)
    expect(run.uncollected['out/f*']).toBe('has more than 100000 names; the others were not read')
    expect(run.uncollected['out/none*']).toBe(run.uncollected['out/f*'])
  })

  test('collect brings back ten thousand of eleven thousand files', async () => {
    const run = await runPython(
      'import os\nfor i in range(11000): os.link("f10000", f"f{10000 + i}") if i else open("f10000", "w").close()',
      { collect: ['f*'], limits: { walltime: '60s' } },
    )
    expect(run).toSucceed()
    expect(Object.keys(run.files).length).toBe(10_000)
    expect(run.files.f19999).toBeDefined()
    expect(run.uncollected).toEqual({
      'f*': 'names more than 10000 files; the others were not collected',
    })
    expect(() => expect(run).toHaveFile('f20000')).toThrow(
      'It could not be collected: "f*" names more than 10000 files; the others were not collected',
    )
  })
})
