import { constants } from 'node:os'

const numbers: ReadonlyMap<string, number> = new Map(Object.entries(constants.errno))

/** The number of an error such as `ENOSYS`; `undefined` when there is none of that name. */
export function errnoNumber(name: string): number | undefined {
  return numbers.get(name)
}

/** Every error that an `errno:` action may name. */
export function errnoNames(): readonly string[] {
  return [...numbers.keys()]
}
