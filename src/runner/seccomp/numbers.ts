import type { Comparison } from './comparison.ts'

/** Numbers from `low` to `high`, both included. */
interface Range {
  readonly kind: 'range'
  readonly low: bigint
  readonly high: bigint
}

/** Numbers whose bits in `mask` are those of `value`. */
interface Pattern {
  readonly kind: 'pattern'
  readonly mask: bigint
  readonly value: bigint
}

/** A set of 64-bit numbers, never empty. */
export type Numbers = Range | Pattern

const MAX = (1n << 64n) - 1n

/** All of them. */
export const every: Numbers = { kind: 'range', low: 0n, high: MAX }

// None when low is above high.
function range(low: bigint, high: bigint): Range[] {
  return low <= high ? [{ kind: 'range', low, high }] : []
}

/** The numbers that pass a comparison: one of these sets, no two at once. */
export function passing(comparison: Comparison): Numbers[] {
  const { op, value } = comparison
  switch (op) {
    case 'masked_eq':
      return [{ kind: 'pattern', mask: comparison.mask, value }]
    case 'eq':
      return range(value, value)
    case 'ne':
      return [...range(0n, value - 1n), ...range(value + 1n, MAX)]
    case 'lt':
      return range(0n, value - 1n)
    case 'le':
      return range(0n, value)
    case 'gt':
      return range(value + 1n, MAX)
    case 'ge':
      return range(value, MAX)
  }
}

/** The numbers that are not in a set: in one of these, no two at once. */
export function complement(numbers: Numbers): Numbers[] {
  if (numbers.kind === 'range') {
    return [...range(0n, numbers.low - 1n), ...range(numbers.high + 1n, MAX)]
  }
  const { mask, value } = numbers
  const others: Numbers[] = []
  // Those that agree in the mask's bits above one, and differ in that one.
  for (let bit = 1n << 63n; bit > 0n; bit >>= 1n) {
    if ((mask & bit) === 0n) continue
    const upTo = mask & (MAX ^ (bit - 1n))
    others.push({ kind: 'pattern', mask: upTo, value: (value & upTo) ^ bit })
  }
  return others
}

// A range as patterns: the largest aligned blocks of a power of two, from its low end up.
function patterns({ low, high }: Range): Pattern[] {
  const blocks: Pattern[] = []
  for (let start = low; start <= high; ) {
    let size = 1n
    while ((start & (size * 2n - 1n)) === 0n && start + size * 2n - 1n <= high) size *= 2n
    blocks.push({ kind: 'pattern', mask: MAX ^ (size - 1n), value: start })
    start += size
  }
  return blocks
}

/** The numbers in both sets: in one of these, no two at once; none when they have none in common. */
export function common(a: Numbers, b: Numbers): Numbers[] {
  if (a === every) return [b]
  if (b === every) return [a]
  if (a.kind === 'range') {
    if (b.kind === 'pattern') return patterns(a).flatMap((block) => common(block, b))
    const [from, to] = [a.low > b.low ? a : b, a.high < b.high ? a : b]
    return range(from.low, to.high)
  }
  if (b.kind === 'range') return common(b, a)
  if (((a.value ^ b.value) & a.mask & b.mask) !== 0n) return []
  return [{ kind: 'pattern', mask: a.mask | b.mask, value: a.value | b.value }]
}

/** The numbers as equalities of bits: a number passes one when it is in the set, else none. */
export function equalities(numbers: Numbers): Comparison[] {
  if (numbers.kind === 'range') return patterns(numbers).flatMap(equalities)
  const { mask, value } = numbers
  return [mask === MAX ? { op: 'eq', value } : { op: 'masked_eq', value, mask }]
}

/** As `equalities()`, but a range from 0 or to the largest number is one comparison. */
export function comparisons(numbers: Numbers): Comparison[] {
  if (numbers.kind === 'range' && numbers.low !== numbers.high) {
    if (numbers.low === 0n) return [{ op: 'le', value: numbers.high }]
    if (numbers.high === MAX) return [{ op: 'ge', value: numbers.low }]
  }
  return equalities(numbers)
}
