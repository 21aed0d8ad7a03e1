import * as header from '../constants.ts'

const constants: Readonly<Record<string, unknown>> = { ...header }

/**
 * Maps numbers to their names in the kernel's headers. The text contains `NAME=value`, or only `NAME` for a constant of
 * constants.ts.
 *
 * @throws {RangeError} for a name without a value
 */
export function names(text: string): ReadonlyMap<number, string> {
  const pairs = text.trim().split(/\s+/)
  return new Map(
    pairs.map((pair) => {
      const [name = '', value] = pair.split('=')
      return [value === undefined ? constant(name) : Number(value), name]
    }),
  )
}

function constant(name: string): number {
  const value = constants[name]
  if (typeof value !== 'number') throw new RangeError(`There is no constant ${name} of one value`)
  // A register contains a negative value as its two's complement.
  return value < 0 ? value >>> 0 : value
}
