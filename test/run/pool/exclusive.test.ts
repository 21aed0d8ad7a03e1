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

test('at rest, the pool is filled when an exclusive run of another process is over', async () => {
  const run = createSandbox({ concurrency: 1, warm: 2 })
  isAlone = true
  for (let count = 0; count < 3; count++) await run('true')
  await sleep(100)
  // What was built in the burst, for the run that came next.
  expect(inits().length).toBeLessThan(2)
  isAlone = false
  expect(await eventually(() => inits().length === 2)).toBe(true)
})
