import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test.each([1, 2, 3])('run %d', async () => {
  expect(await sandboxed('true')).toSucceed()
})
