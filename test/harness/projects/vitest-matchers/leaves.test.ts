import { sandboxed } from 'gradebox'
import { gradeboxFixtures } from 'gradebox/vitest'
import { test as base, beforeAll, expect } from 'vitest'

const test = base.extend(gradeboxFixtures)

// The test's time-out must end these runs, not the project's limit.
const limits = { walltime: '60s' }

// This run belongs to the file, and no test awaits it.
beforeAll(() => {
  sandboxed('sleep', ['60'], { limits })
})

test('with the fixture it times out', { timeout: 5000 }, async ({ sandbox }) => {
  await sandbox('sh', ['-c', 'echo with the fixture; sleep 60'], { limits })
})

test('with the fixture it forgets', async ({ sandbox }) => {
  await sandbox('true')
  sandbox('sleep', ['60'])
})

test('of many runs the report has the first', async () => {
  for (let code = 0; code < 25; code++) await sandboxed('sh', ['-c', `exit ${code}`])
  expect(await sandboxed('sh', ['-c', 'sleep 0.2'])).toExitWith(1)
})
