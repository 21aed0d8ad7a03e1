import { expect, test } from 'vitest'
import { formatSize, parseSize } from '../../../src/units/size.ts'

test.each([
  [0, 0],
  [4096, 4096],
  ['64MiB', 67_108_864],
  ['10MB', 10_000_000],
  ['10mb', 10_000_000],
  ['512 B', 512],
  ['0.5KiB', 512],
  ['1GiB', 1_073_741_824],
  ['2TB', 2_000_000_000_000],
])('%j is a size', (value, bytes) => {
  expect(parseSize(value)).toBe(bytes)
})

test.each(['', '64', 'MiB', '-1MiB', '64M', '64 mega', '1,5GiB'])('%j is not a size', (value) => {
  expect(() => parseSize(value)).toThrow(
    new RangeError(
      `Expected a size such as "64MiB", "10MB" or "512B", got ${JSON.stringify(value)}`,
    ),
  )
})

test('a number that is not a size is named', () => {
  expect(() => parseSize(-1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Expected a whole number of bytes, 0 or more, got -1]`,
  )
  expect(() => parseSize(1.5)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Expected a whole number of bytes, 0 or more, got 1.5]`,
  )
  expect(() => parseSize(2 ** 53)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Expected a whole number of bytes, 0 or more, got 9007199254740992]`,
  )
  expect(() => parseSize('9000TiB')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Expected a size below 8 PiB, got "9000TiB"]`,
  )
})

test.each([
  [0, '0 B'],
  [812, '812 B'],
  [1536, '1.5 KiB'],
  [67_108_864, '64 MiB'],
  [2_147_483_648, '2 GiB'],
])('%d bytes are printed as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})
