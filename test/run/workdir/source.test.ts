import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { makeDirectory, snapshot } from '../support/directory.ts'
import { runShell } from '../support/programs.ts'
import { lacksOrdinaryUser, lacksRoot } from '../support/tools.ts'

describe('a working directory is given', () => {
  test('by an absolute path, a relative one, or a file URL', async () => {
    const directory = makeDirectory({ file: 'content\n' })
    const url = pathToFileURL(directory)
    for (const workdir of [
      directory,
      `${directory}/`,
      relative('.', directory),
      url,
      { source: url },
    ]) {
      expect(await sandboxed('cat', ['file'], { workdir })).toHaveStdout('content\n')
    }
  })

  test('by a symbolic link to it, with permission to follow the link', async () => {
    const outer = makeDirectory({ 'real/file': 'content\n' })
    symlinkSync('real', join(outer, 'link'))
    const workdir = { source: join(outer, 'link'), followLinks: true }
    expect(await runShell('cat file; echo x > file', { workdir })).toHaveStdout('content\n')
    expect(await runShell('cat file', { workdir })).toHaveStdout('content\n')
  })
})

describe('a working directory that cannot be used causes an error that names it', () => {
  const failing = (workdir: string) => sandboxed('true', [], { workdir })

  test('when it is missing', async () => {
    await expect(failing('/nonexistent/dir')).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: expect.stringContaining('"/nonexistent/dir" does not exist'),
      step: { errno: 'ENOENT', process: 'spawn' },
      hint: expect.stringContaining('workdir'),
    })
  })

  test('when it is a file', async () => {
    const file = join(makeDirectory({ file: '' }), 'file')
    await expect(failing(file)).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: expect.stringContaining('is not a directory'),
    })
  })

  test.skipIf(lacksOrdinaryUser('a directory'))('when this user may not read it', async () => {
    const directory = makeDirectory({ 'closed/x': '' })
    chmodSync(join(directory, 'closed'), 0o000)
    for (const workdir of [join(directory, 'closed'), directory]) {
      await expect(failing(workdir)).rejects.toMatchObject({
        code: 'MOUNT_FAILED',
        message: expect.stringContaining('cannot be read by this user'),
        step: { errno: 'EACCES' },
      })
    }
  })
})

describe.skipIf(lacksRoot('files of several owners'))('a directory of root', () => {
  test('may be read and changed by the program, also below a directory of mode 700', async () => {
    const outer = makeDirectory({ 'closed/work/file': 'content\n' })
    chmodSync(join(outer, 'closed'), 0o700)
    chmodSync(join(outer, 'closed/work'), 0o700)
    chmodSync(join(outer, 'closed/work/file'), 0o600)
    const run = await runShell('cat file; echo x >> file; touch new; ls; stat -c %a:%u file', {
      workdir: join(outer, 'closed/work'),
    })
    expect(run).toHaveStderr('')
    expect(run.stdout).toBe('content\nfile\nnew\n600:1000\n')
  })

  test('may have files of several owners: all belong to the program', async () => {
    const workdir = makeDirectory({ a: 'a\n', b: 'b\n', 'd/c': 'c\n', 'e/f': 'f\n' })
    chownSync(join(workdir, 'a'), 12345, 12345)
    chownSync(join(workdir, 'b'), 1000, 1000)
    chownSync(join(workdir, 'd'), 12345, 1000)
    for (const path of ['a', 'b', 'd/c']) chmodSync(join(workdir, path), 0o600)
    chmodSync(join(workdir, 'd'), 0o700)
    const before = snapshot(workdir)
    const run = await runShell(
      'cat a b d/c e/f; for f in a b d/c; do echo x > $f; done; rm -r e; stat -c %u:%g a b d',
      { workdir },
    )
    expect(run).toHaveStderr('')
    expect(run.stdout).toBe('a\nb\nc\nf\n1000:1000\n1000:1000\n1000:1000\n')
    expect(snapshot(workdir)).toBe(before)
  })

  test('loses setuid bits', async () => {
    const workdir = makeDirectory({ program: '#!/bin/sh\nid -u\n' })
    chmodSync(join(workdir, 'program'), 0o4755)
    expect(await sandboxed('./program', [], { workdir })).toHaveStdout('1000\n')
  })
})

const another = lacksOrdinaryUser('a change of another’s file')

test.skipIf(another)(
  'a directory whose files belong to another user is shown as a copy',
  async () => {
    const run = await runShell('ls | wc -l; f=$(ls | head -n 1); rm "$f"; touch new; echo "$?"', {
      workdir: '/etc/alternatives',
    })
    expect(run.stdout).toMatch(/^\d+\n0\n$/)
  },
)

test('a subdirectory may be the working directory of the program', async () => {
  const workdir = makeDirectory({ 'src/main': '#!/bin/sh\npwd\n' })
  mkdirSync(join(workdir, 'build'))
  chmodSync(join(workdir, 'src/main'), 0o755)
  const options = { workdir, cwd: '/work/build' }
  expect(await sandboxed('../src/main', [], options)).toHaveStdout('/work/build\n')
})
