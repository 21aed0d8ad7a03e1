import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { giveToUser, makeDirectory, snapshot } from '../support/directory.ts'
import { runShell } from '../support/programs.ts'
import { lacksRoot } from '../support/tools.ts'

describe('without a working directory', () => {
  test('/work is empty, writable, and where the program starts', async () => {
    const run = await runShell('pwd; ls -A; echo x > file; mkdir d; cat file; stat -c "%a %u:%g" .')
    expect(run).toHaveStdout('/work\nx\n755 1000:1000\n')
  })
})

describe('a read-only working directory', () => {
  test('may be read, and cannot be written', async () => {
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

  test('may be below a directory that only its owner can enter', async () => {
    const outer = makeDirectory({ 'inner/file': 'inside\n' })
    chmodSync(outer, 0o700)
    const workdir = { source: join(outer, 'inner'), mode: 'read-only' } as const
    expect(await sandboxed('cat', ['file'], { workdir })).toHaveStdout('inside\n')
  })
})

describe('a read-write working directory', () => {
  test('is the host directory itself, and its owner owns every new file', async () => {
    const source = giveToUser(makeDirectory({ old: 'old\n', gone: '' }))
    const run = await runShell('echo new > new; echo more >> old; rm gone; mkdir d; ls -ln new', {
      workdir: { source, mode: 'read-write' },
    })
    expect(run).toHaveStderr('')
    expect(run.stdout).toMatch(/^-rw-r--r-- 1 1000 1000 /)
    expect(readdirSync(source).sort()).toEqual(['d', 'new', 'old'])
    expect(readFileSync(join(source, 'old'), 'utf8')).toBe('old\nmore\n')
    expect(statSync(join(source, 'new')).uid).toBe(statSync(source).uid)
  })

  test.skipIf(lacksRoot('a directory of root'))('is refused for a directory of root', async () => {
    const workdir = { source: makeDirectory(), mode: 'read-write' } as const
    await expect(sandboxed('true', [], { workdir })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: expect.stringContaining('belongs to root'),
      hint: expect.stringContaining('copy-on-write'),
    })
  })

  test('gives a program no device', async () => {
    const source = giveToUser(makeDirectory())
    const run = await runShell('mknod d c 1 3; grep " /work " /proc/self/mountinfo', {
      workdir: { source, mode: 'read-write' },
    })
    expect(run.stdout).toMatch(/ rw,nosuid,nodev/)
    expect(run.stderr).toContain('Operation not permitted')
  })
})
