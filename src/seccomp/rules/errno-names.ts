import { constants } from 'node:os'

// `0` means no error: the call does nothing and returns 0 (seccomp(2), SECCOMP_RET_ERRNO).
const numbers: ReadonlyMap<string, number> = new Map([...Object.entries(constants.errno), ['0', 0]])

/** The number of an error such as `ENOSYS`; `undefined` for an unknown name. */
export function errnoNumber(name: string): number | undefined {
  return numbers.get(name)
}

/** Every error that an `errno:` action may name. */
export function errnoNames(): readonly string[] {
  return [...numbers.keys()]
}
