import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('the first run loads the engine', async () => {
  expect(await sandboxed('true')).toSucceed()
})

test.concurrent('of concurrent tests, one times out', { timeout: 1500 }, async () => {
  await sandboxed('sleep', [`${process.env.PROJECT_MARKER}2`])
})

test.concurrent('a run of another test continues', async () => {
  expect(await sandboxed('sleep', ['2.5'])).toSucceed()
})

test.concurrent('a run that starts later continues', async () => {
  await new Promise((done) => setTimeout(done, 1000))
  expect(await sandboxed('sleep', ['1.5'])).toSucceed()
})
