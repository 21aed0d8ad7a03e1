/** Names of numbers, as the kernel's headers have them: `NAME=value` pairs. */
export function names(text: string): ReadonlyMap<number, string> {
  const pairs = text.trim().split(/\s+/)
  return new Map(
    pairs.map((pair) => {
      const [name = '', value] = pair.split('=')
      return [Number(value), name]
    }),
  )
}
