import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('a project keeps the environment that it chose, and has the rest', async () => {
  expect(expect.getState()).toMatchObject({ environment: 'own' })
  expect(await sandboxed('sh', ['-c', 'echo $GRADER'])).toHaveStdout('plugin\n')
})
