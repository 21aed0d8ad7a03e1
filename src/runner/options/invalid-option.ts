import { inspect } from 'node:util'
import { nearest } from '../../errors/nearest.ts'
import { SandboxError } from '../../errors/sandbox-error.ts'

/** The error for an option that has a wrong value. */
export function invalid(name: string, expected: string, got: unknown): SandboxError {
  const type = got === null ? 'null' : typeof got
  const shown = isUrl(got)
    ? got.href
    : inspect(got, { depth: isInstance(got) ? -1 : 0, maxStringLength: 80 })
  const summary = `Expected \`${name}\` to be ${expected}, got \`${shown}\` (${type})`
  return new SandboxError(summary, { code: 'OPTION_INVALID' })
}

/** The error for an option that does not exist. */
export function unknownOption(name: string, known: readonly string[]): SandboxError {
  const guess = nearest(name, known)
  return new SandboxError(`There is no option \`${name}\``, {
    code: 'OPTION_INVALID',
    hint:
      guess === undefined ? `The options are ${known.join(', ')}.` : `Did you mean \`${guess}\`?`,
  })
}

// The message omits the fields of a class instance, because these fields do not help the reader of the message.
function isInstance(value: unknown): boolean {
  if (!isObject(value) || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== null && Object.getPrototypeOf(prototype) !== null
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null

/**
 * Whether a value is a URL. The function checks the shape, because under Jest and vm pools a URL can come from another
 * realm.
 */
export const isUrl = (value: unknown): value is URL =>
  isObject(value) && 'protocol' in value && 'pathname' in value
