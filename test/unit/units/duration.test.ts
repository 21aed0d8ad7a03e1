import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/units/duration.ts'

test.each([
  [0, 0],
  [1500, 1500],
  [0.25, 0.25],
  ['1.5s', 1500],
  ['.5s', 500],
  [' 200 ms ', 200],
  ['2min', 120_000],
  ['2m', 120_000],
  ['1H', 3_600_000],
  ['250us', 0.25],
])('%j is a duration', (value, ms) => {
  expect(parseDuration(value)).toBe(ms)
})

test.each(['', '1', 's', '-1s', '1,5s', '1e3s', '1 day', '1s 2s', '0x10s'])(
  '%j is not a duration',
  (value) => {
    expect(() => parseDuration(value)).toThrow(
      new RangeError(
        `Expected a duration such as "1.5s", "200ms" or "2min", got ${JSON.stringify(value)}`,
      ),
    )
  },
)

test('a number that is not a duration is named', () => {
  expect(() => parseDuration(-1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Expected a duration of 0 ms or more, got -1]`,
  )
  expect(() => parseDuration(Number.NaN)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Expected a duration of 0 ms or more, got NaN]`,
  )
  expect(() => parseDuration(Number.POSITIVE_INFINITY)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Expected a duration of 0 ms or more, got Infinity]`,
  )
})

test.each([
  [0, '0 ms'],
  [12.34, '12.3 ms'],
  [999, '999 ms'],
  [1500, '1.5 s'],
  [2000, '2 s'],
  [59_994, '59.99 s'],
  [60_000, '1 min'],
  [125_000, '2 min 5 s'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
