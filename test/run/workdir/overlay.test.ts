import { expect, test } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { runShell } from '../support/programs.ts'
import { describeCopyOnWrite } from './behaviours.ts'

test('a directory of this user is shown by an overlay', async () => {
  const run = await runShell('grep " /work " /proc/self/mountinfo', { workdir: makeDirectory() })
  // Where a kernel or file system refuses overlays, a copy keeps the same promises.
  if (run.stdout.includes(' - tmpfs ')) console.warn('NOTE: no overlay here, a copy was tested')
  expect(run.stdout).toMatch(/ - (overlay|tmpfs) /)
})

describeCopyOnWrite('an overlay')
