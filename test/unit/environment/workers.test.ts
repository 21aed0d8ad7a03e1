import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { workerCount } from '../../../src/environment/workers.ts'

test('a project’s maxWorkers takes precedence over the maxWorkers of the whole run', () => {
  expect(workerCount({ maxWorkers: 3 }, { maxWorkers: 5 })).toBe(3)
  expect(workerCount({}, { maxWorkers: 5 })).toBe(5)
})

test('without a setting, the number is Vitest’s default', () => {
  const processors = availableParallelism()
  expect(workerCount({}, {})).toBe(Math.max(1, processors - 1))
  expect(workerCount({}, { watch: true })).toBe(Math.max(1, Math.floor(processors / 2)))
})
