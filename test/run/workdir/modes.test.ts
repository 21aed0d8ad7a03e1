import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { makeDirectory, snapshot } from '../support/directory.ts'
import { runShell } from '../support/programs.ts'

function isRoot(): boolean {
  const root = process.getuid?.() === 0
  if (root) console.warn('SKIPPED: a read-write directory of root is not writable for the program')
  return root
}

describe('without a working directory', () => {
  test('/work is empty, writable, and where the program starts', async () => {
    const run = await runShell('pwd; ls -A; echo x > file; mkdir d; cat file; stat -c "%a %u:%g" .')
    expect(run).toHaveStdout('/work\nx\n755 1000:1000\n')
  })
})

describe('a read-only working directory', () => {
  test('is read, and never written', async () => {
    const source = makeDirectory({ 'a/b': 'content\n' })
    const before = snapshot(source)
    const run = await runShell(
      'cat a/b; echo x > new; echo x >> a/b; rm a/b; chmod 777 a; mkdir d; touch -d @1 a/b; mv a c',
      { workdir: { source, mode: 'read-only' } },
    )
    expect(run.stdout).toBe('content\n')
    expect(run.stderr.match(/Read-only file system/g)).toHaveLength(7)
    expect(snapshot(source)).toBe(before)
  })

  test('may be below a directory that only its owner enters', async () => {
    const outer = makeDirectory({ 'inner/file': 'inside\n' })
    chmodSync(outer, 0o700)
    const workdir = { source: join(outer, 'inner'), mode: 'read-only' } as const
    expect(await sandboxed('cat', ['file'], { workdir })).toHaveStdout('inside\n')
  })
})

describe('a read-write working directory', () => {
  test('is the host directory itself', async () => {
    const source = makeDirectory({ old: 'old\n', gone: '' })
    for (const path of [source, join(source, 'old')]) chmodSync(path, 0o777)
    const run = await runShell('echo new > new; echo more >> old; rm gone; mkdir d', {
      workdir: { source, mode: 'read-write' },
    })
    expect(run).toHaveStderr('')
    expect(readdirSync(source).sort()).toEqual(['d', 'new', 'old'])
    expect(readFileSync(join(source, 'old'), 'utf8')).toBe('old\nmore\n')
  })

  // As root the program is an unprivileged user to the kernel, and a bind obeys the owners.
  test.skipIf(isRoot())('that only its owner may write is writable for its owner', async () => {
    const source = makeDirectory({ file: 'x' })
    const run = await runShell('echo new > new; echo changed > file; ls', {
      workdir: { source, mode: 'read-write' },
    })
    expect(run).toHaveStderr('')
    expect(readFileSync(join(source, 'new'), 'utf8')).toBe('new\n')
    expect(statSync(join(source, 'new')).uid).toBe(process.getuid?.())
  })

  test('gives a program no setuid file and no device', async () => {
    const source = makeDirectory()
    chmodSync(source, 0o777)
    const run = await runShell('cp /bin/true t; chmod 4755 t; mknod d c 1 3; grep " /work " /proc/self/mountinfo', {
      workdir: { source, mode: 'read-write' },
    })
    expect(run.stdout).toMatch(/ rw,nosuid,nodev/)
    expect(run.stderr).toContain('Operation not permitted')
  })
})
