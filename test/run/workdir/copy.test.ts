import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noteOverlayRefusal } from '../../../src/runner/workdir/resolve.ts'
import { makeDirectory } from '../support/directory.ts'
import { mkfifoSync } from '../support/fifo.ts'
import { runShell } from '../support/programs.ts'
import { describeCopyOnWrite } from './behaviours.ts'

// From here on this file's runs take the way of a kernel that has no overlay for this file system.
noteOverlayRefusal(tmpdir())

test('a directory that cannot be overlaid is copied', async () => {
  const run = await runShell('grep " /work " /proc/self/mountinfo', { workdir: makeDirectory() })
  expect(run.stdout).toContain(' - tmpfs ')
})

describeCopyOnWrite('a copy')

test('a copy leaves out what is no file, directory or link', async () => {
  const workdir = makeDirectory({ file: 'x' })
  mkfifoSync(join(workdir, 'fifo'))
  expect(await runShell('ls', { workdir })).toHaveStdout('file\n')
})

test('a copy that is larger than the disk limit is an error that says so', async () => {
  const workdir = makeDirectory({ big: Buffer.alloc(20 << 20) })
  await expect(runShell('ls', { workdir, limits: { disk: '8MiB' } })).rejects.toMatchObject({
    code: 'MOUNT_FAILED',
    hint: expect.stringContaining('limits.disk'),
  })
})

test('a mount may be put into a copy, onto a directory that it has', async () => {
  const source = makeDirectory({ 'from-mount': '' })
  const workdir = makeDirectory({ 'data/hidden': '', 'other/seen': '' })
  const mounts = [{ source, target: '/work/data' }]
  expect(await runShell('ls data other', { workdir, mounts })).toHaveStdout(
    'data:\nfrom-mount\n\nother:\nseen\n',
  )
})
