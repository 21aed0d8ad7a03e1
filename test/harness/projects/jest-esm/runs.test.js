import { expect, test } from '@jest/globals'
import { SandboxError, sandboxed } from 'gradebox'

test('a program runs, with the configuration’s defaults', async () => {
  const run = await sandboxed('sh', ['-c', 'cat; echo $GRADER'], { stdin: '3\n' })
  expect(run).toHaveStdout('3\nconfig\n')
  expect(await sandboxed('sh', ['-c', 'exit 3'])).toExitWith(3)
})

test('an error of Gradebox is a SandboxError of the tests’ realm', async () => {
  await expect(sandboxed('nowhere')).rejects.toBeInstanceOf(SandboxError)
})

test('forgets a run', () => {
  sandboxed('sleep', [process.env.MARKER])
})

test('times out', async () => {
  await sandboxed('sleep', [process.env.MARKER])
}, 2000)
