import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('a policy’s path is relative to its project', async () => {
  expect((await sandboxed('true')).policy).toMatch(/\/folder\/own\.toml$/)
})
