import { expect, test } from 'vitest'
import { fabricate, leaveRunning } from './runs.ts'

test('the matchers are there', async () => {
  expect(fabricate(0, '3\n')).toSucceed()
  expect(fabricate(0, '3\n')).toHaveStdout('3\n')
  await expect(Promise.resolve(fabricate(1))).resolves.toExitWith(1)
  expect([fabricate(1)]).toEqual([expect.not.toSucceed()])
})

test('a run is left behind', () => {
  leaveRunning()
})
