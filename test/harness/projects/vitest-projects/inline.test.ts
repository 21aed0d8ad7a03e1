import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('a project’s own plugin comes before the one that it inherits', async () => {
  const run = await sandboxed('sh', ['-c', 'echo $GRADER'])
  expect(run).toHaveStdout('inline\n')
  expect(run.limits.wallTimeMs).toBe(5000)
})
