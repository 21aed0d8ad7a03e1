import { expect, test } from 'vitest'
import { createSandbox, sandboxed } from '../../../src/index.ts'

const firstFrame = (error: unknown) =>
  (error as Error).stack?.split('\n').find((line) => line.startsWith('    at '))

test('an error of sandboxed() points to the line of the call', async () => {
  const error = await sandboxed('true', [], { limits: { walltime: 0 } }).catch((reason) => reason)
  expect(firstFrame(error)).toContain('rethrow-at.test.ts:8')
  expect(error.stack).toMatch(/^SandboxError: Invalid limits: walltime: /)
})

test('an error of createSandbox(), and of the function that it returns, points to the line of the call', async () => {
  let thrown: unknown
  try {
    createSandbox({ concurrency: 0 })
  } catch (error) {
    thrown = error
  }
  expect(firstFrame(thrown)).toContain('rethrow-at.test.ts:16')
  const run = createSandbox()
  const error = await run('').catch((reason) => reason)
  expect(firstFrame(error)).toContain('rethrow-at.test.ts:22')
})
