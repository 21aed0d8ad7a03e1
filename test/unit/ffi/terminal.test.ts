import { expect, test } from 'vitest'
import { closeDescriptor } from '../../../src/ffi/libc.ts'
import { makeSocketPair } from '../../../src/ffi/passing.ts'
import { setWindowSize, windowSize } from '../../../src/ffi/terminal.ts'

test('a window’s size is two 16-bit numbers, rows first', () => {
  expect([...windowSize({ rows: 24, columns: 300 })]).toEqual([24, 0, 44, 1, 0, 0, 0, 0])
})

test('a file that is not a terminal has no size', () => {
  const [ours, other] = makeSocketPair()
  expect(() => setWindowSize(ours, { rows: 1, columns: 1 })).toThrow(/^ioctl\(\d+, TIOCSWINSZ\): E/)
  closeDescriptor(ours)
  closeDescriptor(other)
})
