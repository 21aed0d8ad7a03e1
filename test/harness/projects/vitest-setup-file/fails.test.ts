import { expect, test } from 'vitest'
import { fabricate } from './runs.ts'

test('a wrong answer', () => {
  expect(fabricate(0, '4\n')).toHaveStdout('3\n')
})
