import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('a project keeps its own environment and gets the plugin’s options', async () => {
  expect(expect.getState()).toMatchObject({ environment: 'own' })
  expect(await sandboxed('sh', ['-c', 'echo $GRADER'])).toHaveStdout('plugin\n')
})
