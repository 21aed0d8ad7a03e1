import { expect, test } from '@jest/globals'
import { fabricate, leaveRunning } from './runs.js'

test('the matchers are there without injected globals', () => {
  expect(fabricate(0, '3\n')).toHaveStdout(/3/)
})

test('a run is left behind', () => {
  leaveRunning()
})
