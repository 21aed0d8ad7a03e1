import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { createSandbox } from '../../../src/index.ts'
import { endActiveRuns } from '../../../src/runner/active.ts'
import { eventually, inits } from '../support/processes.ts'

let isAlone = false
vi.mock(import('../../../src/runner/queue/machine-turns.ts'), async (original) => ({
  ...(await original()),
  isAnyRunAlone: () => isAlone,
}))

afterEach(endActiveRuns)

test('the pool is filled only after the exclusive run of another process has ended', async () => {
  const run = createSandbox({ concurrency: 1, warm: 2 })
  isAlone = true
  for (let count = 0; count < 3; count++) await run('true')
  await sleep(100)
  // The pool may hold a sandbox that it built during the burst, for the run that followed.
  expect(inits().length).toBeLessThan(2)
  isAlone = false
  expect(await eventually(() => inits().length === 2)).toBe(true)
})
