import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'
import 'gradebox/matchers/vitest'

test('environmentOptions are the defaults', async () => {
  expect(await sandboxed('sh', ['-c', 'echo $GRADER'])).toHaveStdout('environment\n')
})

test('a run outlives its test', () => {
  sandboxed('sleep', [process.env.MARKER ?? ''])
})
