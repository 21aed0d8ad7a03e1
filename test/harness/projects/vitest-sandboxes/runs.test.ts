import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('a program runs, with the plugin’s defaults', async () => {
  const run = await sandboxed('sh', ['-c', 'cat; echo $GRADER'], { stdin: '3\n' })
  expect(run).toSucceed()
  expect(run).toHaveStdout('3\nplugin\n')
  expect(run.limits.walltimeMs).toBe(5000)
  await expect(sandboxed('false')).resolves.toExitWith(1)
})

test('an error of ours is a SandboxError in the tests’ realm', async () => {
  const { SandboxError } = await import('gradebox')
  const error = await sandboxed('nowhere').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(SandboxError)
})

test('a run is left behind', () => {
  sandboxed('sleep', [process.env.MARKER ?? ''], { limits: { walltime: '10min' } }).catch(() => {})
})
