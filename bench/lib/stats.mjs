// @ts-check

/** @type {(values: readonly number[], share: number) => number} */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** @type {(values: readonly number[]) => number} */
export const median = (values) => quantile(values, 0.5)

const RESAMPLES = 500

/**
 * The ratio of two medians, and the interval that contains 95 % of its resamples (bootstrap). Two series
 * differ when the interval does not include 1.
 *
 * @param {readonly number[]} values
 * @param {readonly number[]} base
 */
export function ratio(values, base) {
  const ratios = Array.from(
    { length: RESAMPLES },
    () => median(resample(values)) / median(resample(base)),
  )
  return {
    ratio: median(values) / median(base),
    low: quantile(ratios, 0.025),
    high: quantile(ratios, 0.975),
  }
}

/** @type {(values: readonly number[]) => number[]} */
const resample = (values) =>
  values.map(() => values[Math.floor(Math.random() * values.length)] ?? Number.NaN)

/** @type {(value: number, digits?: number) => number} */
export const round = (value, digits = 3) => Number(value.toFixed(digits))

/**
 * The same values in a random order (Fisher and Yates).
 *
 * @template T
 * @param {readonly T[]} values
 */
export function shuffled(values) {
  const order = [...values]
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[order[last], order[other]] = [/** @type {T} */ (order[other]), /** @type {T} */ (order[last])]
  }
  return order
}
