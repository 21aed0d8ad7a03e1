import { nearest } from './nearest.ts'

/** The path of a key from the policy's root: `['mounts', 0, 'target']`. */
export type KeyPath = readonly (string | number)[]

/** One mistake in a policy. */
export interface Problem {
  readonly path: KeyPath
  /** The expected and the actual value; lower case, no full stop. */
  readonly message: string
  /** A key that should not be in the table at `path`. The error points to this key. */
  readonly key?: string
  /** The position of a problem that belongs to no key, such as text that is not TOML. */
  readonly position?: { readonly line: number; readonly column: number }
}

/** A key as TOML spells it: `mounts[0].target`, `env."A B"`. */
export function formatKeyPath(path: KeyPath): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`
      const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
      return index === 0 ? name : `.${name}`
    })
    .join('')
}

/** A short form of a wrong value for a message: `"x"`, `-1`, `a list`. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  }
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Date) return 'a date'
  if (typeof value === 'object' && value !== null) return 'a table'
  if (typeof value === 'function') return 'a function'
  return String(value)
}

/** Alternatives in a sentence: `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** A message such as `unknown key "waltime"; did you mean "walltime"?`. Lists the known names if none is similar. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const guess = nearest(name, known)
  if (guess !== undefined) return `unknown ${kind} ${show(name)}; did you mean "${guess}"?`
  const listed = known.length > 40 ? '' : `; expected ${alternatives(known)}`
  return `unknown ${kind} ${show(name)}${listed}`
}
