import { chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noteOverlayRefusal } from '../../../src/runner/workdir/resolve.ts'
import { makeDirectory } from '../support/directory.ts'
import { mkfifoSync } from '../support/fifo.ts'
import { runShell } from '../support/programs.ts'
import { describeCopyOnWrite } from './behaviours.ts'

// From here on, the runs of this file behave as on a kernel that has no overlay for this file system.
noteOverlayRefusal(tmpdir())

test('a directory that cannot be overlaid is copied', async () => {
  const run = await runShell('grep " /work " /proc/self/mountinfo', { workdir: makeDirectory() })
  expect(run.stdout).toContain(' - tmpfs ')
})

describeCopyOnWrite('a copy')

describeCopyOnWrite('a copy, as a mount', (source) => ({
  mounts: [{ type: 'overlay', source, target: '/data/deep' }],
  cwd: '/data/deep',
}))

test('a copy has the modes of its source, but no setuid bit, and may be noexec', async () => {
  const source = makeDirectory({
    none: 'secret\n',
    'private/x': '',
    'shared/x': '',
    run: '#!/bin/sh\n',
  })
  const modes = { none: 0o000, private: 0o700, shared: 0o1777, run: 0o4755 }
  for (const [name, mode] of Object.entries(modes)) chmodSync(join(source, name), mode)
  chmodSync(source, 0o750)
  const mount = { type: 'overlay', source, target: '/data', noexec: true } as const
  const run = await runShell('stat -c "%a %n" . *; chmod 600 none; cat none; ./run', {
    policy: { extends: 'strict', mounts: [mount] },
    cwd: '/data',
  })
  expect(run.stdout).toBe('750 .\n0 none\n700 private\n755 run\n1777 shared\nsecret\n')
  expect(run.stderr).toContain('Permission denied')
})

test('a mount’s copy that is larger than the disk limit causes an error that names the mount', async () => {
  const source = makeDirectory({ big: Buffer.alloc(20 << 20) })
  const mounts = [{ type: 'overlay', source, target: '/data' } as const]
  await expect(runShell('ls', { mounts, limits: { disk: '8MiB' } })).rejects.toMatchObject({
    code: 'MOUNT_FAILED',
    hint: expect.stringMatching(/could not be shown at \/data.*limits\.disk/),
  })
})

test('a copy contains only files, directories and links', async () => {
  const workdir = makeDirectory({ file: 'x' })
  mkfifoSync(join(workdir, 'fifo'))
  expect(await runShell('ls', { workdir })).toHaveStdout('file\n')
})

test('a copy that is larger than the disk limit causes an error with the reason', async () => {
  const workdir = makeDirectory({ big: Buffer.alloc(20 << 20) })
  await expect(runShell('ls', { workdir, limits: { disk: '8MiB' } })).rejects.toMatchObject({
    code: 'MOUNT_FAILED',
    hint: expect.stringContaining('limits.disk'),
  })
})

test('a mount may cover a directory inside a copy', async () => {
  const source = makeDirectory({ 'from-mount': '' })
  const workdir = makeDirectory({ 'data/hidden': '', 'other/seen': '' })
  const mounts = [{ source, target: '/work/data' }]
  expect(await runShell('ls data other', { workdir, mounts })).toHaveStdout(
    'data:\nfrom-mount\n\nother:\nseen\n',
  )
})
