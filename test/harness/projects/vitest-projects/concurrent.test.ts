import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('the first run loads the engine', async () => {
  expect(await sandboxed('true')).toSucceed()
})

test.concurrent('of concurrent tests, one times out', { timeout: 300 }, async () => {
  await sandboxed('sleep', [`${process.env.PROJECT_MARKER}2`])
})

test.concurrent('another’s run goes on', async () => {
  expect(await sandboxed('sleep', ['0.5'])).toSucceed()
})

test.concurrent('a third’s starts later', async () => {
  await new Promise((done) => setTimeout(done, 200))
  expect(await sandboxed('sleep', ['0.3'])).toSucceed()
})
