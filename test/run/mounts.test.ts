import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { makeDirectory, snapshot } from './support/directory.ts'
import { runShell } from './support/programs.ts'

describe('a mount', () => {
  test('shows a host directory, read-only', async () => {
    const source = makeDirectory({ 'a/file': 'content\n' })
    const before = snapshot(source)
    const run = await runShell('cat /data/a/file; touch /data/new; rm /data/a/file; ls -A /data', {
      mounts: [{ source, target: '/data' }],
    })
    expect(run.stdout).toBe('content\na\n')
    expect(run.stderr.match(/Read-only file system/g)).toHaveLength(2)
    expect(snapshot(source)).toBe(before)
  })

  test('shows a single host file, read-only', async () => {
    const source = join(makeDirectory({ file: 'content\n' }), 'file')
    const run = await runShell('cat /etc/config; echo x > /etc/config', {
      mounts: [{ source, target: '/etc/config' }],
    })
    expect(run.stdout).toBe('content\n')
    expect(run.stderr).toContain('Read-only file system')
    expect(readFileSync(source, 'utf8')).toBe('content\n')
  })

  test('that is writable changes the host', async () => {
    const source = makeDirectory()
    chmodSync(source, 0o777)
    const mounts = [{ source, target: '/out', writable: true }]
    expect(await runShell('echo result > /out/file', { mounts })).toSucceed()
    expect(readFileSync(join(source, 'file'), 'utf8')).toBe('result\n')
  })

  test('may have a target several levels deep, below another mount, and in /work', async () => {
    const source = makeDirectory({ 'nested/': '', file: 'content\n' })
    const workdir = makeDirectory({ 'old/x': 'x' })
    const before = snapshot(workdir)
    const run = await runShell(
      'cat /a/b/c/file /a/b/c/nested/file /work/new/file /work/old/file; ls',
      {
        workdir,
        mounts: [
          { source, target: '/a/b/c' },
          { source, target: '/a/b/c/nested' },
          { source, target: '/work/new' },
          { source, target: '/work/old' },
        ],
      },
    )
    expect(run.stdout).toBe(`${'content\n'.repeat(4)}new\nold\n`)
    expect(snapshot(workdir)).toBe(before)
  })

  test('over a directory of the working directory leaves the owners on the host unchanged', async () => {
    const source = makeDirectory({ file: 'content\n' })
    const workdir = makeDirectory({ 'data/file': 'hidden\n', 'data/other': '' })
    const before = snapshot(source)
    const mounts = [{ source, target: '/work/data', writable: true }]
    expect(await sandboxed('cat', ['data/file'], { workdir, mounts })).toHaveStdout('content\n')
    expect(snapshot(source)).toBe(before)
  })

  test('takes a relative source, a file URL, and a symbolic link that it may follow', async () => {
    const directory = makeDirectory({ 'real/file': 'content\n' })
    symlinkSync('real', join(directory, 'link'))
    const real = join(directory, 'real')
    for (const source of [relative('.', real), pathToFileURL(real), join(directory, 'link')]) {
      const mounts = [{ source, target: '/data', followLinks: true }]
      expect(await sandboxed('cat', ['/data/file'], { mounts })).toHaveStdout('content\n')
    }
  })

  test('covers an earlier mount with the same target if its own source exists', async () => {
    const [a, b] = [makeDirectory({ a: '' }), makeDirectory({ b: '' })]
    const mounts = [
      { source: a, target: '/data' },
      { source: b, target: '/data/' },
      { source: '/nonexistent', target: '/data', optional: true },
    ]
    const policy = { extends: 'strict', mounts }
    expect(await runShell('ls /data', { policy })).toHaveStdout('b\n')
    expect(await runShell('ls /data', { mounts })).toHaveStdout('b\n')
    const own = [{ source: a, target: '/data' }]
    expect(await runShell('ls /data', { policy, mounts: own })).toHaveStdout('a\n')
  })

  test('inside another is made after the outer mount, whatever their order in the policy', async () => {
    const [outer, inner] = [makeDirectory({ 'in/': '' }), makeDirectory({ x: 'x\n' })]
    const mounts = [
      { source: inner, target: '/a/b/in/deep' },
      { type: 'tmpfs', target: '/a/b/in' },
      { source: outer, target: '/a/b' },
      { type: 'tmpfs', target: '/a' },
    ] as const
    const policy = { extends: 'strict', mounts: mounts.filter(({ target }) => target !== '/a/b') }
    const run = await runShell('cat /a/b/in/deep/x', { policy })
    expect(run).toHaveStdout('x\n')
    const all = { extends: 'strict', mounts }
    expect(await runShell('cat /a/b/in/deep/x; ls /a', { policy: all })).toHaveStdout('x\nb\n')
  })

  test('whose target must be made in a read-only mount causes an error that names the problem', async () => {
    const source = makeDirectory()
    const policy = {
      extends: 'strict',
      mounts: [
        { source, target: '/a' },
        { source, target: '/a/b' },
      ],
    }
    await expect(sandboxed('true', [], { policy })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      step: { errno: 'EROFS' },
      hint: expect.stringMatching(/^The target is inside a read-only mount\. /),
    })
  })

  test('may have a source and a target of any name', async () => {
    const outer = makeDirectory({ 'a b\nü"\\:,/file': 'odd\n' })
    const source = join(outer, 'a b\nü"\\:,')
    const target = '/d ä\n"\\:,'
    for (const type of ['bind', 'overlay'] as const) {
      const policy = { extends: 'strict', mounts: [{ type, source, target }] }
      expect(await sandboxed('cat', [`${target}/file`], { policy })).toHaveStdout('odd\n')
      const mounts = [{ type, source, target: `/work${target}/...` }]
      expect(await sandboxed('cat', [`${mounts[0]?.target}/file`], { mounts })).toHaveStdout(
        'odd\n',
      )
    }
  })

  test('has no setuid files and no devices', async () => {
    const mounts = [{ source: makeDirectory(), target: '/data' }]
    const run = await runShell('grep " /data " /proc/self/mountinfo', { mounts })
    expect(run.stdout).toMatch(/ ro,nosuid,nodev/)
  })

  test('shows the mounts below its source, with the same restrictions', async () => {
    const run = await runShell('grep " /host" /proc/self/mountinfo', {
      mounts: [{ source: '/', target: '/host' }],
    })
    const lines = run.stdout.trim().split('\n')
    // At least the host's /proc is mounted below its root.
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) expect(line.split(' ')[5]).toMatch(/^ro,nosuid,nodev/)
  })
})

describe('a mount source that is missing', () => {
  const source = '/nonexistent/source'

  test('causes an error', async () => {
    const mounts = [{ source, target: '/data' }]
    await expect(sandboxed('true', [], { mounts })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: expect.stringContaining('"/nonexistent/source" (target "/data"'),
      step: { errno: 'ENOENT', process: 'spawn' },
      hint: expect.stringContaining('optional'),
    })
  })

  test('is left out when it is optional', async () => {
    const mounts = [{ source, target: '/data', optional: true }]
    expect(await runShell('test ! -e /data', { mounts })).toSucceed()
  })
})

describe('a mount target behind a symbolic link of the working directory', () => {
  // Before the init enters the sandbox's root, an absolute link leads to the host.
  test.each(['/work/data/new', '/work/data/new/deeper', '/work/up/new'])(
    '%s is refused, and nothing is made on the host',
    async (target) => {
      const host = makeDirectory()
      chmodSync(host, 0o777)
      const workdir = makeDirectory()
      symlinkSync(host, join(workdir, 'data'))
      symlinkSync(`../../../../../../../..${host}`, join(workdir, 'up'))
      const source = makeDirectory({ file: '' })
      for (const from of [source, join(source, 'file')]) {
        const mounts = [{ source: from, target, writable: true }]
        await expect(sandboxed('true', [], { workdir, mounts })).rejects.toMatchObject({
          code: 'MOUNT_FAILED',
          step: { errno: 'ELOOP' },
        })
      }
      expect(readdirSync(host)).toEqual([])
    },
  )

  test('a target that is itself such a link leads nowhere either', async () => {
    const host = makeDirectory({ file: 'untouched\n' })
    const workdir = makeDirectory()
    symlinkSync(host, join(workdir, 'directory'))
    symlinkSync(join(host, 'file'), join(workdir, 'file'))
    const before = snapshot(host)
    const source = makeDirectory({ file: 'mounted\n' })
    const onto = (from: string, target: string) =>
      sandboxed('cat', ['file'], { workdir, mounts: [{ source: from, target }] })
    await expect(onto(source, '/work/directory')).rejects.toMatchObject({ code: 'MOUNT_FAILED' })
    expect(await onto(join(source, 'file'), '/work/file')).toHaveStdout('mounted\n')
    expect(snapshot(host)).toBe(before)
  })

  test('a target behind a link keeps the owner of the host directory', async () => {
    const shown = makeDirectory({ 'deep/x': '' })
    const before = lstatSync(join(shown, 'deep'))
    const workdir = makeDirectory()
    symlinkSync('/shown', join(workdir, 'link'))
    const mounts = [{ source: shown, target: '/shown', writable: true }]
    const files = { '/work/link/deep/new': 'x' }
    await expect(sandboxed('true', [], { workdir, mounts, files })).rejects.toMatchObject({
      step: { errno: 'ELOOP' },
    })
    expect(lstatSync(join(shown, 'deep')).uid).toBe(before.uid)
    expect(existsSync(join(shown, 'deep/new'))).toBe(false)
  })
})
