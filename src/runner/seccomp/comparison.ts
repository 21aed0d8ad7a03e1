/** A test of one 64-bit argument; `masked_eq`: the bits of `mask` are those of `value`. */
export type Comparison =
  | { readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'; readonly value: bigint }
  | { readonly op: 'masked_eq'; readonly value: bigint; readonly mask: bigint }

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
