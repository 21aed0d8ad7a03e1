import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseStat } from '../../../src/linux/proc-stat.ts'

test('a name with spaces and parentheses does not move the fields', () => {
  const rest = Array.from({ length: 18 }, (_, index) => index + 7)
  expect(parseStat(`12 (a) R 1 (b) S 3 4 5 ${rest.join(' ')}`)).toEqual({
    state: 'S',
    session: '5',
    startTicks: '22',
  })
})

test('the text of a process that ended has no state', () => {
  expect(parseStat('')).toEqual({ state: '', session: '', startTicks: '' })
})

test('this process has a state and a start', () => {
  const { state, startTicks } = parseStat(readFileSync('/proc/self/stat', 'latin1'))
  expect(state).toMatch(/^[RS]$/)
  expect(Number(startTicks)).toBeGreaterThan(0)
})
