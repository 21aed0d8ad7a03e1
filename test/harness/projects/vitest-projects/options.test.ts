import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('a project’s environmentOptions come before the plugin’s options', async () => {
  const run = await sandboxed('sh', ['-c', 'echo $GRADER $OWN'])
  expect(run).toHaveStdout('plugin option\n')
  expect(run.limits).toMatchObject({ wallTimeMs: 5000, processes: 20 })
})
