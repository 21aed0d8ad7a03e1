import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'

// Waits until the run of the other file is active.
test.runIf(process.env.BAIL)('fails', async () => {
  await expect.poll(() => existsSync('worker.pid'), { timeout: 10_000 }).toBe(true)
  await new Promise((done) => setTimeout(done, 300))
  expect(1).toBe(2)
})
