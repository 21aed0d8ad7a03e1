import { writeFileSync } from 'node:fs'
import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

test('waits', async () => {
  writeFileSync('worker.pid', String(process.pid))
  expect(await sandboxed('sleep', [process.env.MARKER ?? ''])).toSucceed()
})
