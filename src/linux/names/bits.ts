/** The name of each number, or of each bit. */
export type Names = ReadonlyMap<number, string>

/** A number in hexadecimal, as C writes it: `0`, `0x1f`. */
export const hex = (value: bigint): string => (value === 0n ? '0' : `0x${value.toString(16)}`)

/** The names of a set of bits, with unnamed bits as a number: `PROT_READ|0x80`; `0` for the empty set. */
export function bits(value: bigint, names: Names): string {
  const found: string[] = []
  let rest = value
  for (const [bit, name] of names) {
    const wanted = BigInt(bit >>> 0)
    if (wanted === 0n || (rest & wanted) !== wanted) continue
    found.push(name)
    rest &= ~wanted
  }
  if (rest !== 0n || found.length === 0) found.push(hex(rest))
  return found.join('|')
}

/** The name of a value, or the number of a value without a name. */
export function choice(value: bigint, names: Names): string {
  const name = value <= 0xffff_ffffn ? names.get(Number(value)) : undefined
  return name ?? hex(value)
}
