import { resolve } from 'node:path'
import { SandboxError, sandboxed } from 'gradebox'
import { expect, test } from 'vitest'
import { processesWith } from './processes.ts'

const marker = `${process.env.PROJECT_MARKER}1`

test('a program runs, with the plugin’s defaults', async () => {
  const run = await sandboxed('sh', ['-c', 'cat; echo $GRADER'], { stdin: '3\n' })
  expect(run).toSucceed()
  expect(run).toHaveStdout('3\nplugin\n')
  expect(run.limits.wallTimeMs).toBe(5000)
  expect(run.policy).toBe(resolve('policy.toml'))
  expect([run]).toEqual([expect.not.toExitWith(1)])
  await expect(sandboxed('false')).resolves.toExitWith(1)
})

test('the environment is Gradebox’s', () => {
  expect(expect.getState()).toMatchObject({ environment: 'gradebox' })
})

test('an error of Gradebox is a SandboxError in the tests’ realm', async () => {
  await expect(sandboxed('nowhere')).rejects.toBeInstanceOf(SandboxError)
})

test('forgets a run', () => {
  sandboxed('sleep', [marker])
})

test('the forgotten run has ended', () => {
  expect(processesWith(marker)).toEqual([])
})

test('times out', { timeout: 2000 }, async () => {
  await sandboxed('sh', ['-c', `echo waiting; sleep ${marker}`])
})

test('the run that timed out has ended', () => {
  expect(processesWith(marker)).toEqual([])
})
