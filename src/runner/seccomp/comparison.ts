/** A test of one 64-bit argument; `masked_eq`: the bits of `mask` are those of `value`. */
export type Comparison =
  | { readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'; readonly value: bigint }
  | { readonly op: 'masked_eq'; readonly value: bigint; readonly mask: bigint }

interface Bits {
  readonly mask: bigint
  readonly value: bigint
}

const WIDTH = 64
const ALL = (1n << 64n) - 1n

const fromBits = ({ mask, value }: Bits): Comparison =>
  mask === ALL ? { op: 'eq', value } : { op: 'masked_eq', value, mask }

// Numbers that agree with `value` in the mask's bits above one, and differ in that one.
function differing({ mask, value }: Bits, keep: (bit: bigint) => boolean): Bits[] {
  const found: Bits[] = []
  for (let shift = WIDTH - 1; shift >= 0; shift--) {
    const bit = 1n << BigInt(shift)
    if ((mask & bit) === 0n || !keep(value & bit)) continue
    const upTo = mask & (ALL ^ (bit - 1n))
    found.push({ mask: upTo, value: (value & upTo) ^ bit })
  }
  return found
}

// Any comparison as patterns of bits of which no two overlap: at most 65.
function patterns(comparison: Comparison): Bits[] {
  const { op, value } = comparison
  const exact = { mask: ALL, value }
  const above = () => differing(exact, (bit) => bit === 0n)
  const below = () => differing(exact, (bit) => bit !== 0n)
  switch (op) {
    case 'masked_eq':
      return [{ mask: comparison.mask, value }]
    case 'eq':
      return [exact]
    case 'ne':
      return differing(exact, () => true)
    case 'gt':
      return above()
    case 'ge':
      return [exact, ...above()]
    case 'lt':
      return below()
    case 'le':
      return [exact, ...below()]
  }
}

const opposite = { eq: 'ne', ne: 'eq', lt: 'ge', ge: 'lt', le: 'gt', gt: 'le' } as const

/** What holds exactly when the comparison does not: one of these, no two at once. */
export function negated(comparison: Comparison): Comparison[] {
  if (comparison.op === 'masked_eq') return differing(comparison, () => true).map(fromBits)
  return [{ op: opposite[comparison.op], value: comparison.value }]
}

/** Whether a number passes a comparison. */
export function passes(comparison: Comparison, argument: bigint): boolean {
  const { op, value } = comparison
  switch (op) {
    case 'masked_eq':
      return (argument & comparison.mask) === value
    case 'eq':
      return argument === value
    case 'ne':
      return argument !== value
    case 'lt':
      return argument < value
    case 'le':
      return argument <= value
    case 'gt':
      return argument > value
    case 'ge':
      return argument >= value
  }
}

/** What holds exactly when both comparisons do: one of these, no two at once; none if never. */
export function both(a: Comparison, b: Comparison): Comparison[] {
  if (a.op === 'eq') return passes(b, a.value) ? [a] : []
  if (b.op === 'eq') return passes(a, b.value) ? [b] : []
  return patterns(a).flatMap((left) =>
    patterns(b).flatMap((right) => {
      const contradiction = (left.value ^ right.value) & left.mask & right.mask
      if (contradiction !== 0n) return []
      return [fromBits({ mask: left.mask | right.mask, value: left.value | right.value })]
    }),
  )
}
