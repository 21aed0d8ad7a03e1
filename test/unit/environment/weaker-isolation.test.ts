import { expect, test } from 'vitest'
import { isolationLine, weakestBelowFull } from '../../../src/environment/weaker-isolation.ts'

test('the weakest level of all runs counts', () => {
  expect(weakestBelowFull(['full', 'nested', 'confined', undefined])).toBe('confined')
  expect(weakestBelowFull(['nested', 'full'])).toBe('nested')
  expect(weakestBelowFull(['full', undefined])).toBeUndefined()
  expect(weakestBelowFull([])).toBeUndefined()
})

test('the line names the level, the project and the loss', () => {
  expect(isolationLine('nested', 'grading')).toBe(
    ' gradebox  isolation (grading): nested; programs see the list and the command lines of the processes in this container',
  )
  expect(isolationLine('nested', '')).toMatch(/^ gradebox {2}isolation: nested; /)
})
