import { fromUnits, POINT_DIGITS, toUnits } from '../report/points.ts'
import type { StudentRow } from './student-view.ts'

/** A row whose points are whole numbers. */
export interface WholeRow extends Omit<StudentRow, 'points' | 'maxPoints'> {
  readonly points: number
  readonly maxPoints: number
}

/** A result in whole points, for platforms that read integers. */
export interface WholePoints {
  /** The factor by which the points are multiplied: 1, 10, 100, up to a million. */
  readonly factor: number
  readonly rows: readonly WholeRow[]
  readonly total: number
  readonly maxPoints: number
}

/**
 * Multiplies all points by the smallest power of ten that makes every value an integer. The ratio of total and maximum
 * stays exact.
 *
 * @example
 * // 2.5 of 5 points become 25 of 50
 */
export function wholePoints(
  rows: readonly StudentRow[],
  total: number,
  maxPoints: number,
): WholePoints {
  const all = [total, maxPoints, ...rows.flatMap((row) => [row.points, row.maxPoints])]
  const digits = Math.max(...all.map(digitsAfterPoint))
  const factor = 10 ** digits
  const whole = (points: number) => Number(toUnits(points)) / 10 ** (POINT_DIGITS - digits)
  return {
    factor,
    rows: rows.map((row) => ({
      ...row,
      points: whole(row.points),
      maxPoints: whole(row.maxPoints),
    })),
    total: whole(total),
    maxPoints: whole(maxPoints),
  }
}

function digitsAfterPoint(points: number): number {
  const units = toUnits(points)
  for (let digits = 0; digits < POINT_DIGITS; digits++) {
    if (units % 10n ** BigInt(POINT_DIGITS - digits) === 0n) return digits
  }
  return fromUnits(units) === 0 ? 0 : POINT_DIGITS
}
