import type { Comparison } from './comparison.ts'
import { common, complement, every, type Numbers, passing } from './numbers.ts'

/** Calls each of whose arguments is in its set; an argument without one may be any number. */
export type Region = ReadonlyMap<number, Numbers>

/** One condition of a rule. */
export interface Condition {
  readonly arg: number
  readonly comparison: Comparison
}

/** The calls of any arguments. */
export const everyCall: Region = new Map()

function* narrowed(region: Region, arg: number, sets: readonly Numbers[]): Generator<Region> {
  const known = region.get(arg)
  for (const set of sets) {
    const both = known === undefined ? [set] : common(known, set)
    for (const each of both) yield new Map(region).set(arg, each)
  }
}

/**
 * The calls of a region for which every condition holds; no two results overlap. Lazy, as the two
 * below: results can be more than fit in memory, and the caller stops when they are too many.
 */
export function* within(region: Region, conditions: readonly Condition[]): Generator<Region> {
  const [first, ...rest] = conditions
  if (first === undefined) {
    yield region
    return
  }
  for (const each of narrowed(region, first.arg, passing(first.comparison))) {
    yield* within(each, rest)
  }
}

/** The calls of a region for which some condition does not hold; no two results overlap. */
export function* without(region: Region, conditions: readonly Condition[]): Generator<Region> {
  const [first, ...rest] = conditions
  if (first === undefined) return
  const sets = passing(first.comparison)
  // Not in any of the sets.
  const outside = sets
    .map(complement)
    .reduce((one, other) => one.flatMap((a) => other.flatMap((b) => common(a, b))), [every])
  yield* narrowed(region, first.arg, outside)
  for (const each of narrowed(region, first.arg, sets)) yield* without(each, rest)
}

/**
 * A region as lists of comparisons with each argument at most once, as libseccomp asks.
 *
 * @param compare how one argument's numbers become comparisons
 */
export function* rulesFor(
  region: Region,
  compare: (numbers: Numbers) => readonly Comparison[],
): Generator<Condition[]> {
  const [first, ...rest] = region
  if (first === undefined) {
    yield []
    return
  }
  const [arg, numbers] = first
  for (const comparison of compare(numbers)) {
    for (const others of rulesFor(new Map(rest), compare)) yield [{ arg, comparison }, ...others]
  }
}
