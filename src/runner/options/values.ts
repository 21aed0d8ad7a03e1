import { types } from 'node:util'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { invalid, isObject, isUrl } from './invalid-option.ts'

/** Checks one value of an option. For a wrong value, throws a SandboxError with code OPTION_INVALID. */
export type Check = (value: unknown, name: string) => void

export function oneOf(...words: readonly string[]): Check {
  return (value, name) => {
    if (typeof value === 'string' && words.includes(value)) return
    throw invalid(name, words.map((word) => JSON.stringify(word)).join(' or '), value)
  }
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  const bound = most === Number.MAX_SAFE_INTEGER ? `${least} and up` : `${least} to ${most}`
  return (value, name) => {
    const fits = Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
    if (!fits) throw invalid(name, `a whole number from ${bound}`, value)
  }
}

/** A value that fits a description, such as `a list of names`. */
export function fits(expected: string, isFitting: (value: unknown) => boolean): Check {
  return (value, name) => {
    if (!isFitting(value)) throw invalid(name, expected, value)
  }
}

export const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

export const checkFunction = fits('a function', (value) => typeof value === 'function')

export const checkBoolean: Check = (value, name) => {
  if (typeof value !== 'boolean') throw invalid(name, 'true or false', value)
}

/** A path in the sandbox: absolute, below the root, and without "..". */
export const checkTarget: Check = (value, name) => {
  checkText(value, name)
  const path = value as string
  if (/^\/[^/]/.test(path) && !path.split('/').includes('..')) return
  throw invalid(name, 'an absolute path in the sandbox, without ".."', value)
}

export const checkPath: Check = (value, name) => {
  if (isUrl(value)) {
    if (value.protocol !== 'file:') throw invalid(name, 'a path or a file: URL', value)
    return
  }
  checkText(value, name)
  if (value === '') throw invalid(name, 'a path', value)
}

export const checkContents: Check = (value, name) => {
  if (isUrl(value)) return checkPath(value, name)
  if (typeof value === 'string' || types.isUint8Array(value)) return
  throw invalid(name, 'text, bytes or a file URL', value)
}

export const checkText: Check = (value, name) => {
  if (typeof value !== 'string') throw invalid(name, 'a string', value)
  const position = value.indexOf('\0')
  if (position < 0) return
  throw new SandboxError(
    `\`${name}\` has a NUL byte at position ${position}: ${JSON.stringify(value.slice(0, 80))}`,
    { code: 'OPTION_INVALID', hint: 'Linux ends every text at its first NUL byte: leave it out.' },
  )
}

/** The entries of an object that is not an array. */
export function entries(value: unknown, name: string): [string, unknown][] {
  if (!isObject(value) || Array.isArray(value)) throw invalid(name, 'an object', value)
  return Object.entries(value)
}
