import { expect, onTestFinished, test } from 'vitest'
import { getDefaults, setDefaults } from '../../../../src/runner/options/defaults.ts'

test('defaults are empty at first, and then replaced as a whole', () => {
  onTestFinished(() => setDefaults({}))
  expect(getDefaults()).toEqual({})
  setDefaults({ policy: 'python', workers: 2 })
  setDefaults({ policy: 'java' })
  expect(getDefaults()).toEqual({ policy: 'java' })
})

test('a later change of the given object has no effect', () => {
  onTestFinished(() => setDefaults({}))
  const defaults = { concurrency: 2 }
  setDefaults(defaults)
  defaults.concurrency = 3
  expect(getDefaults().concurrency).toBe(2)
})
