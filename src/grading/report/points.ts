import { SandboxError } from '../../errors/sandbox-error.ts'

/**
 * Points are decimals with at most six digits after the point. Gradebox adds whole millionths, because 0.1 + 0.2 is not
 * 0.3 in binary.
 */
export const POINT_DIGITS = 6

const unitsPerPoint = 10 ** POINT_DIGITS
// Keeps every sum of a class below Number.MAX_SAFE_INTEGER.
const mostPoints = 1_000_000

/** Points as a whole number of millionths, rounded to the nearest. */
export function toUnits(points: number): bigint {
  return BigInt(Math.round(points * unitsPerPoint))
}

/** Millionths as a number of points. JavaScript prints this number as the exact decimal. */
export function fromUnits(units: bigint): number {
  return Number(units) / unitsPerPoint
}

/**
 * Adds points exactly.
 *
 * @example
 * addPoints(0.1, 0.2) // 0.3
 */
export function addPoints(...points: readonly number[]): number {
  return fromUnits(points.reduce((sum, each) => sum + toUnits(each), 0n))
}

/** Points rounded to the six digits that a report keeps. */
export function roundPoints(points: number): number {
  return fromUnits(toUnits(points))
}

/**
 * Splits points by weights, so that the sum of the shares is exactly `points`.
 *
 * @example
 * splitPoints(10, [1, 1, 1]) // [3.333333, 3.333334, 3.333333]
 */
export function splitPoints(points: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + toUnits(weight), 0n)
  if (total === 0n) return weights.map(() => 0)
  const all = toUnits(points)
  let weightSoFar = 0n
  let givenSoFar = 0n
  return weights.map((weight) => {
    weightSoFar += toUnits(weight)
    const upToHere = divideRounded(all * weightSoFar, total)
    const share = upToHere - givenSoFar
    givenSoFar = upToHere
    return fromUnits(share)
  })
}

/** `points` times `part / whole`, rounded to the six digits that a report keeps. */
export function scalePoints(points: number, part: number, whole: number): number {
  const wholeUnits = toUnits(whole)
  if (wholeUnits === 0n) return 0
  return fromUnits(divideRounded(toUnits(points) * toUnits(part), wholeUnits))
}

/**
 * Checks points that a teacher wrote.
 *
 * @throws {SandboxError} OPTION_INVALID for a value that is not a decimal of at most six digits from 0 to 1,000,000
 */
export function checkPoints(name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !(value >= 0 && value <= mostPoints)) {
    throw new SandboxError(
      `Expected \`${name}\` to be a number from 0 to ${mostPoints}, got \`${String(value)}\` (${typeof value})`,
      { code: 'OPTION_INVALID' },
    )
  }
  if (roundPoints(value) === value) return
  throw new SandboxError(
    `Expected \`${name}\` to have at most ${POINT_DIGITS} digits after the point, got \`${value}\``,
    {
      code: 'OPTION_INVALID',
      hint: 'To share points evenly, put the tests into a group that has the points.',
    },
  )
}

/** Points as text: never an exponent, never a rounding error. */
export function formatPoints(points: number): string {
  const units = toUnits(points)
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(POINT_DIGITS + 1, '0')
  const fraction = digits.slice(-POINT_DIGITS).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -POINT_DIGITS)}${fraction === '' ? '' : `.${fraction}`}`
}

// Rounds to the nearest whole number, and halves away from zero. Plain bigint division truncates towards zero.
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const half = divisor / 2n
  return dividend < 0n ? (dividend - half) / divisor : (dividend + half) / divisor
}
