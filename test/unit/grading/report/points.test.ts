import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addPoints,
  checkPoints,
  formatPoints,
  scalePoints,
  splitPoints,
} from '../../../../src/grading/report/points.ts'

const points = fc.integer({ min: 0, max: 1_000_000_000 }).map((units) => units / 1_000_000)

describe('points', () => {
  test('add up exactly', () => {
    expect(addPoints(0.1, 0.2)).toBe(0.3)
    expect(addPoints(...Array<number>(10).fill(0.1))).toBe(1)
    expect(addPoints(1.1, 2.2, 3.3)).toBe(6.6)
    expect(addPoints(5, -0.7, -0.1)).toBe(4.2)
  })

  test('print as decimals', () => {
    expect([0, 1, 2.5, 0.000001, -0.25, 1e6, 0.1 + 0.2].map(formatPoints)).toEqual([
      '0',
      '1',
      '2.5',
      '0.000001',
      '-0.25',
      '1000000',
      '0.3',
    ])
  })

  test('are scaled to the nearest of six digits', () => {
    expect(scalePoints(10, 1, 3)).toBe(3.333333)
    expect(scalePoints(10, 2, 3)).toBe(6.666667)
    expect(scalePoints(10, 0, 0)).toBe(0)
  })

  test('shared among tests add up to the whole', () => {
    expect(splitPoints(10, [1, 1, 1])).toEqual([3.333333, 3.333334, 3.333333])
    fc.assert(
      fc.property(points, fc.array(points, { minLength: 1, maxLength: 50 }), (whole, weights) => {
        fc.pre(weights.some((weight) => weight > 0))
        expect(addPoints(...splitPoints(whole, weights))).toBe(whole)
      }),
    )
  })

  test('are refused if a report could not store them', () => {
    expect(() => checkPoints('points', 10 / 3)).toThrow(
      'Expected `points` to have at most 6 digits after the point, got `3.3333333333333335`\n' +
        '  hint: To share points evenly, put the tests into a group that has the points.',
    )
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001, '2', null]) {
      expect(() => checkPoints('points', wrong)).toThrow(
        `Expected \`points\` to be a number from 0 to 1000000, got \`${wrong}\` (${typeof wrong})`,
      )
    }
    expect(() => checkPoints('points', 0.1)).not.toThrow()
  })
})
