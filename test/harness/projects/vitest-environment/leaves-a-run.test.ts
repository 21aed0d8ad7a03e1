import { test } from 'vitest'
import { leaveRunning } from './runs.ts'

test('a run is left behind', () => {
  leaveRunning()
})
