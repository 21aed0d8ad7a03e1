/** Names of numbers, or of bits. */
export type Names = ReadonlyMap<number, string>

/** A number as C writes what is no plain count: `0`, `0x1f`. */
export const hex = (value: bigint): string => (value === 0n ? '0' : `0x${value.toString(16)}`)

/** A set of bits by their names, what has none as a number: `PROT_READ|0x80`; `0` when empty. */
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

/** One of several by its name, else as a number. */
export function choice(value: bigint, names: Names): string {
  const name = value <= 0xffff_ffffn ? names.get(Number(value)) : undefined
  return name ?? hex(value)
}
