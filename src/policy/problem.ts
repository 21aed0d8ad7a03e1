import { SandboxError } from '../errors/sandbox-error.ts'
import { nearest } from './nearest.ts'
import type { Position } from './source/code-frame.ts'
import type { PolicySource } from './source/policy-source.ts'

/** A key of a policy from its root: `['mounts', 0, 'target']`. */
export type KeyPath = readonly (string | number)[]

/** One thing that is wrong in a policy. */
export interface Problem {
  readonly path: KeyPath
  /** What was expected and what was got; lower case, no full stop. */
  readonly message: string
  /** A key in the table at `path` that should not be there: the place to look at. */
  readonly key?: string
  /** Where it was written, when it is not at a key: text that is not TOML. */
  readonly position?: Position
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

/** A wrong value for a message, short: `"x"`, `-1`, `a list`. */
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

/** `unknown key; did you mean "walltime"?`, or the list of those there are. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const guess = nearest(name, known)
  if (guess !== undefined) return `unknown ${kind} ${show(name)}; did you mean "${guess}"?`
  const listed = known.length > 40 ? '' : `; expected ${alternatives(known)}`
  return `unknown ${kind} ${show(name)}${listed}`
}

const tell = ({ path, message }: Problem): string =>
  path.length === 0 ? message : `${formatKeyPath(path)}: ${message}`

function offsetOf({ path, key, position }: Problem, source: PolicySource): number | undefined {
  if (position !== undefined) return source.offsetOf(position)
  return key === undefined ? source.locate(path, 'value') : source.locate([...path, key], 'key')
}

// `/srv/p.toml:3:1: uid: expected ...`, and the lines around it.
function tellAt(problem: Problem, source: PolicySource): string {
  const offset = offsetOf(problem, source)
  if (offset === undefined) return `${source.path}: ${tell(problem)}`
  const place = source.positionOf(offset)
  const where = `${source.path}:${place.line}:${place.column}`
  return `${where}: ${tell(problem)}\n${source.frame(place)}`
}

// In the order of the text, those without a place last.
function inOrder(problems: readonly Problem[], source: PolicySource): readonly Problem[] {
  return problems
    .map((problem) => ({ problem, offset: offsetOf(problem, source) ?? Number.MAX_SAFE_INTEGER }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ problem }) => problem)
}

/** Problems that are told one by one; of more, only how many there are. */
const TOLD = 10

function listed(problems: readonly Problem[], toText: (problem: Problem) => string): string {
  const lines = problems.slice(0, TOLD).flatMap((problem) => toText(problem).split('\n'))
  const more = problems.length - TOLD
  if (more > 0) lines.push(`and ${more} more problem${more === 1 ? '' : 's'}`)
  return lines.map((line) => `\n  ${line}`).join('')
}

/** What an error about a policy may have besides its problems. */
export interface InvalidOptions {
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** The text that the problems are in, when there is one: they are shown where they are. */
  readonly source?: PolicySource | undefined
}

/**
 * The error for a policy, or for limits, that cannot be used. All problems are in its message, one
 * below the other.
 *
 * @param subject what they are in: `policy strict`, `limits`; with a source, its path stands for it
 */
export function invalid(
  subject: string,
  problems: readonly Problem[],
  { source, ...options }: InvalidOptions = {},
): SandboxError {
  const toText = (problem: Problem) =>
    source === undefined ? tell(problem) : tellAt(problem, source)
  const details = { code: 'POLICY_INVALID', ...options } as const
  const [only] = problems
  const isOne = only !== undefined && problems.length === 1
  const ordered = source === undefined ? problems : inOrder(problems, source)
  const text = isOne ? ` ${toText(only)}` : listed(ordered, toText)
  if (source === undefined) return new SandboxError(`Invalid ${subject}:${text}`, details)
  const head = isOne ? '' : `, ${problems.length} problems:`
  return new SandboxError(`Invalid policy${head}${text}`, details)
}
