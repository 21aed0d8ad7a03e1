import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test.concurrent('of concurrent tests, one times out', { timeout: 500 }, async () => {
  await sandboxed('sleep', [`${process.env.MARKER}2`])
})

test.concurrent('the other’s run goes on', async () => {
  expect(await sandboxed('sleep', ['1'])).toSucceed()
})

test.concurrent('and one that starts later', async () => {
  await new Promise((done) => setTimeout(done, 300))
  expect(await sandboxed('sleep', ['0.5'])).toSucceed()
})
