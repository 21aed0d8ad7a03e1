import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { makeDirectory, snapshot } from './support/directory.ts'
import { runShell } from './support/programs.ts'

describe('a file that is put into the sandbox', () => {
  test('is text, bytes, or the contents of a host file', async () => {
    const host = join(makeDirectory({ input: 'from the host\n' }), 'input')
    const run = await runShell('cat text url; od -An -tx1 bytes; wc -c < empty', {
      files: {
        '/work/text': 'Grüße\n',
        '/work/bytes': Uint8Array.of(0, 255, 10),
        '/work/url': pathToFileURL(host),
        '/work/empty': '',
      },
    })
    expect(run).toHaveStdout('Grüße\nfrom the host\n 00 ff 0a\n0\n')
  })

  test('gets the directories above it, which belong to the program', async () => {
    const run = await runShell('cat a/b/c; touch a/b/d a/e; rm -r a; ls', {
      files: { '/work/a/b/c': 'deep\n' },
    })
    expect(run).toHaveStdout('deep\n')
    expect(run).toHaveStderr('')
  })

  test('may be anywhere in the sandbox, and the program may change it only in /work and /tmp', async () => {
    const files = { '/etc/config': 'a\n', '/opt/x/y': 'b\n', '/tmp/z/t': 'c\n', '/file': 'd\n' }
    const run = await runShell(
      'cat /etc/config /opt/x/y /tmp/z/t /file; echo x > /tmp/z/t; echo x > /etc/config',
      { files },
    )
    expect(run.stdout).toBe('a\nb\nc\nd\n')
    expect(run.stderr).toContain('cannot create /etc/config: Read-only file system')
    expect(run.stderr).not.toContain('/tmp')
  })

  test('is executable only when it is an ELF program or a script', async () => {
    const run = await runShell('stat -c "%a %n" *', {
      files: {
        '/work/elf': Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2),
        '/work/script': '#!/bin/sh\n',
        '/work/text': 'echo\n',
        '/work/short': '#',
        '/work/not-elf': Uint8Array.of(0x7f, 0x45, 0x4c),
      },
    })
    expect(run).toHaveStdout('755 elf\n644 not-elf\n755 script\n644 short\n644 text\n')
  })

  test('can be the program that runs', async () => {
    const files = { '/work/main': '#!/bin/sh\necho "ran as $0 with $1"\n' }
    expect(await sandboxed('./main', ['x'], { files })).toHaveStdout('ran as ./main with x\n')
  })

  test('replaces one of the working directory, but not on the host', async () => {
    const workdir = makeDirectory({ file: 'long old content\n', 'sub/file': 'old\n' })
    const before = snapshot(workdir)
    const files = { '/work/file': 'new\n', '/work/sub/file': 'new\n' }
    expect(await sandboxed('cat', ['file', 'sub/file'], { workdir, files })).toHaveStdout(
      'new\nnew\n',
    )
    expect(snapshot(workdir)).toBe(before)
  })

  test('may have megabytes', async () => {
    const files = { '/work/large': Buffer.alloc(20 << 20, 'x') }
    expect(await runShell('wc -c < large', { files })).toHaveStdout('20971520\n')
  })
})

describe('a file behind a symbolic link in the working directory', () => {
  test.each([
    ['in place of its directory', '/work/dir/file'],
    ['further up', '/work/dir/a/b/file'],
  ])('is not written through %s', async (_, target) => {
    const host = makeDirectory({ file: 'untouched\n' })
    const workdir = makeDirectory()
    symlinkSync(host, join(workdir, 'dir'))
    const before = snapshot(host)
    const run = sandboxed('true', [], { workdir, files: { [target]: 'planted' } })
    await expect(run).rejects.toMatchObject({
      message: expect.stringContaining('ELOOP'),
      hint: expect.stringContaining('symbolic link'),
    })
    expect(snapshot(host)).toBe(before)
  })
})

test('a file replaces a symbolic link at its place', async () => {
  const host = makeDirectory({ file: 'untouched\n' })
  const workdir = makeDirectory()
  symlinkSync(join(host, 'file'), join(workdir, 'link'))
  const run = await runShell('test -L link || cat link', {
    workdir,
    files: { '/work/link': 'new\n' },
  })
  expect(run).toHaveStdout('new\n')
  expect(readFileSync(join(host, 'file'), 'utf8')).toBe('untouched\n')
})

describe('a file that cannot be put into the sandbox causes an error', () => {
  const failing = (files: Record<string, string | URL>, limits = {}) =>
    sandboxed('true', [], { files, limits })

  test('when its source is missing', async () => {
    await expect(failing({ '/work/x': new URL('file:///nonexistent') })).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringContaining(
        'The file "/nonexistent", meant for "/work/x", does not exist',
      ),
    })
  })

  test('when its place is read-only', async () => {
    await expect(failing({ '/usr/x': 'x' })).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      step: { errno: 'EROFS' },
    })
  })

  test('when it is larger than the disk limit', async () => {
    const run = failing({ '/work/x': 'x'.repeat(20 << 20) }, { disk: '8MiB' })
    await expect(run).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      hint: expect.stringContaining('disk limit'),
    })
  })

  test('when there is a directory in its place', async () => {
    const workdir = makeDirectory({ 'd/': '' })
    writeFileSync(join(workdir, 'f'), '')
    const run = sandboxed('true', [], { workdir, files: { '/work/d': 'x' } })
    await expect(run).rejects.toMatchObject({ step: { errno: 'EISDIR' } })
    const below = sandboxed('true', [], { workdir, files: { '/work/f/x': 'x' } })
    await expect(below).rejects.toMatchObject({ step: { errno: 'ENOTDIR' } })
  })
})
