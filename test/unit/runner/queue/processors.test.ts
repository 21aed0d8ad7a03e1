import { describe, expect, test } from 'vitest'
import {
  divideProcessors,
  leastUsedProcessors,
  noteUse,
  parseCpuList,
  parseTicks,
} from '../../../../src/runner/queue/processors.ts'

test('a list of processors is read as the kernel writes it', () => {
  expect(parseCpuList('0')).toEqual([0])
  expect(parseCpuList('0-3')).toEqual([0, 1, 2, 3])
  expect(parseCpuList('1,4-5,9')).toEqual([1, 4, 5, 9])
})

test('the use of each processor is read from /proc/stat', () => {
  const stat =
    'cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 10 20 4 5 6 0 0\ncpu11 1 0 0 1 0 0 0 0 0 0\nintr 1\n'
  expect([...parseTicks(stat)]).toEqual([
    [0, { busy: 21, all: 51 }],
    [11, { busy: 1, all: 2 }],
  ])
})

describe('the processors of a turn', () => {
  test('are first those on which this process runs nothing', () => {
    const [first = 0, ...others] = leastUsedProcessors()
    const free = noteUse([first])
    expect(leastUsedProcessors().at(-1)).toBe(first)
    free()
    expect(others).not.toContain(first)
  })

  test.each([
    [
      [0, 1],
      [1, 1],
      [[0], [1]],
    ],
    [[0], [1, 1], [[0], [0]]],
    [
      [3, 5, 7],
      [2, 1],
      [[3, 5], [7]],
    ],
    [
      [0, 1],
      [2, 1],
      [[0, 1], [0]],
    ],
    [
      [0, 1],
      [8, 8],
      [
        [0, 1],
        [0, 1],
      ],
    ],
  ])('%j are divided among runs that want %j as %j', (held, wants, divided) => {
    expect(divideProcessors(held, wants)).toEqual(divided)
  })
})
