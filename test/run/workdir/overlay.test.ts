import { expect, test } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { runShell } from '../support/programs.ts'
import { describeCopyOnWrite } from './behaviours.ts'

test('a directory of this user is shown by an overlay', async () => {
  const run = await runShell('grep " /work " /proc/self/mountinfo', { workdir: makeDirectory() })
  // A kernel or file system that refuses overlays gets a copy; the promises are the same.
  if (run.stdout.includes(' - tmpfs ')) console.warn('NOTE: no overlay here, a copy was tested')
  expect(run.stdout).toMatch(/ - (overlay|tmpfs) /)
})

describeCopyOnWrite('an overlay')
