import { chmodSync, readdirSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { makeDirectory } from './support/directory.ts'
import { runShell } from './support/programs.ts'
import { lacksOrdinaryUser } from './support/tools.ts'

const overlay = (source: string, target: string) => ({ type: 'overlay', source, target }) as const

describe('an overlay mount is refused', () => {
  const failing = (source: string, more: object = {}) =>
    sandboxed('true', [], { mounts: [overlay(source, '/data')], ...more })

  test('for a source that is missing, unless it is optional, and for a file', async () => {
    await expect(failing('/nonexistent')).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: expect.stringContaining('"/nonexistent" (target "/data"'),
      step: { errno: 'ENOENT' },
    })
    const mounts = [{ ...overlay('/nonexistent', '/data'), optional: true }]
    expect(await runShell('test ! -e /data', { mounts })).toSucceed()
    await expect(failing('/etc/passwd')).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      message: expect.stringContaining('is not a directory'),
      hint: 'An overlay shows a directory. Bind a single file, or write it with `files`.',
    })
  })

  test.skipIf(lacksOrdinaryUser('a directory'))(
    'for a directory that cannot be listed',
    async () => {
      const source = makeDirectory({ 'closed/x': '' })
      chmodSync(join(source, 'closed'), 0o000)
      await expect(failing(source)).rejects.toMatchObject({
        code: 'MOUNT_FAILED',
        message: expect.stringMatching(
          /The mount source .* cannot be read by this user \(at .*closed\)/,
        ),
      })
    },
  )

  test('for a target behind a link of the working directory', async () => {
    const host = makeDirectory()
    chmodSync(host, 0o777)
    const workdir = makeDirectory()
    symlinkSync(host, join(workdir, 'link'))
    const mounts = [overlay(makeDirectory(), '/work/link/new')]
    await expect(sandboxed('true', [], { workdir, mounts })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      step: { errno: 'ELOOP' },
    })
    expect(readdirSync(host)).toEqual([])
  })

  test('for a target that is a file', async () => {
    const mounts = [overlay(makeDirectory(), '/etc/passwd')]
    await expect(sandboxed('true', [], { mounts })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      step: { errno: 'EINVAL', call: expect.stringContaining('-> "/etc/passwd"') },
      hint: expect.stringMatching(/^A directory can only be mounted on a directory/),
    })
  })

  test('for mode rw, which an overlay always has', async () => {
    const mount = { ...overlay(tmpdir(), '/data'), writable: true }
    await expect(sandboxed('true', [], { mounts: [mount] })).rejects.toThrow(
      'Expected `mounts[0].writable` to be left out, because an overlay is always writable',
    )
    const policy = { mounts: [{ ...overlay(tmpdir(), '/data'), rw: true }] }
    await expect(sandboxed('true', [], { policy })).rejects.toThrow(
      'mounts[0].rw: an overlay is always writable',
    )
  })
})
