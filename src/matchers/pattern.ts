import { isRegExp } from 'node:util/types'

/** Whether a value is a regular expression, also one of another realm. */
export function isPattern(value: unknown): value is RegExp {
  return isRegExp(value)
}

/** Whether the pattern occurs in the text; unlike `test()`, not depending on `lastIndex`. */
export function occurs(pattern: RegExp, text: string): boolean {
  return text.search(pattern) !== -1
}
