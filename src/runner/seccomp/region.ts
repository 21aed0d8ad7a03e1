import { both, type Comparison, negated } from './comparison.ts'

/** Calls whose arguments pass all of these: at most one comparison an argument, as libseccomp asks. */
export type Region = ReadonlyMap<number, Comparison>

/** One condition of a rule. */
export interface Condition {
  readonly arg: number
  readonly comparison: Comparison
}

/** The calls of any arguments. */
export const everyCall: Region = new Map()

function narrowed(region: Region, { arg, comparison }: Condition): Region[] {
  const known = region.get(arg)
  const comparisons = known === undefined ? [comparison] : both(known, comparison)
  return comparisons.map((each) => new Map(region).set(arg, each))
}

/** The calls of a region for which every condition holds. */
export function within(region: Region, conditions: readonly Condition[]): Region[] {
  return conditions.reduce<Region[]>(
    (regions, condition) => regions.flatMap((each) => narrowed(each, condition)),
    [region],
  )
}

/** The calls of a region for which some condition does not hold; no two results overlap. */
export function without(region: Region, conditions: readonly Condition[]): Region[] {
  return conditions.flatMap(({ arg, comparison }, index) =>
    within(region, conditions.slice(0, index)).flatMap((each) =>
      negated(comparison).flatMap((opposite) => narrowed(each, { arg, comparison: opposite })),
    ),
  )
}
