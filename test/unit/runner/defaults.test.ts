import { expect, onTestFinished, test } from 'vitest'
import { getDefaults, setDefaults } from '../../../src/runner/defaults.ts'

test('defaults are empty until they are set, and then replaced as a whole', () => {
  onTestFinished(() => setDefaults({}))
  expect(getDefaults()).toEqual({})
  setDefaults({ policy: 'python', workers: 2 })
  setDefaults({ policy: 'java' })
  expect(getDefaults()).toEqual({ policy: 'java' })
})

test('what is changed afterwards in the object that was given does not matter', () => {
  onTestFinished(() => setDefaults({}))
  const defaults = { concurrency: 2 }
  setDefaults(defaults)
  defaults.concurrency = 3
  expect(getDefaults().concurrency).toBe(2)
})
