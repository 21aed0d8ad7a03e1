import { visibleLine } from '../units/visible.ts'
import { formatKeyPath, type KeyPath, type Problem } from './problem.ts'
import { SandboxError, type SandboxErrorCode } from './sandbox-error.ts'

/** A text that contains problems. With this text, an error can show the lines around each problem. */
export interface ProblemSource {
  /** The file's path. */
  readonly path: string
  /** The offset of a key, or of the key's value; undefined if the text does not have the key. */
  locate(path: KeyPath, part: 'key' | 'value'): number | undefined
  offsetOf(position: Place): number
  positionOf(offset: number): Place
  /** The lines around a position, with a caret below the position. */
  frame(position: Place): string
}

/** A position in a text; line and column count from 1. */
type Place = NonNullable<Problem['position']>

// A key or a value may contain line breaks, but each problem stays on one line.
const describe = ({ path, message }: Problem): string =>
  visibleLine(path.length === 0 ? message : `${formatKeyPath(path)}: ${message}`)

function offsetOf({ path, key, position }: Problem, source: ProblemSource): number | undefined {
  if (position !== undefined) return source.offsetOf(position)
  return key === undefined ? source.locate(path, 'value') : source.locate([...path, key], 'key')
}

// Returns `/srv/p.toml:3:1: uid: expected ...`, and the lines of the text around the problem.
function describeAt(problem: Problem, source: ProblemSource): string[] {
  const offset = offsetOf(problem, source)
  const path = visibleLine(source.path)
  if (offset === undefined) return [`${path}: ${describe(problem)}`]
  const place = source.positionOf(offset)
  const where = `${path}:${place.line}:${place.column}`
  return [`${where}: ${describe(problem)}`, ...source.frame(place).split('\n')]
}

// Sorts problems in the order of the text; problems without a position come last.
function inOrder(problems: readonly Problem[], source: ProblemSource): readonly Problem[] {
  return problems
    .map((problem) => ({ problem, offset: offsetOf(problem, source) ?? Number.MAX_SAFE_INTEGER }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ problem }) => problem)
}

/** The error lists this many problems. If there are more, the error only gives the number of the others. */
const MOST_LISTED = 10

function listed(
  problems: readonly Problem[],
  toLines: (problem: Problem) => readonly string[],
): string[] {
  const lines = problems.slice(0, MOST_LISTED).flatMap(toLines)
  const more = problems.length - MOST_LISTED
  if (more > 0) lines.push(`and ${more} more problem${more === 1 ? '' : 's'}`)
  return lines.map((line) => `  ${line}`)
}

/** Details of an error about a policy, in addition to the problems. */
export interface InvalidOptions {
  /** Default `POLICY_INVALID`. */
  readonly code?: SandboxErrorCode
  readonly hint?: string | undefined
  /** The noun for the text in `source`; default `policy`. */
  readonly noun?: string
  readonly cause?: unknown
  /** The text that contains the problems, if there is such a text. The error then shows the lines of each problem. */
  readonly source?: ProblemSource | undefined
}

/**
 * Makes the error for an invalid policy or for invalid limits. The message lists the problems, each on a new line.
 *
 * @param subject the thing that has the problems, such as `policy strict` or `limits`. With a `source`, the message
 *   names the path of the source instead of the subject.
 */
export function invalid(
  subject: string,
  problems: readonly Problem[],
  { source, noun = 'policy', ...options }: InvalidOptions = {},
): SandboxError {
  const toLines = (problem: Problem) =>
    source === undefined ? [describe(problem)] : describeAt(problem, source)
  const details = { code: 'POLICY_INVALID', ...options } as const
  const [only] = problems
  const isOne = only !== undefined && problems.length === 1
  const ordered = source === undefined ? problems : inOrder(problems, source)
  const start = source === undefined ? `Invalid ${subject}:` : `Invalid ${noun}`
  if (isOne) {
    const [first = '', ...rest] = toLines(only)
    return new SandboxError([`${start} ${first}`, ...rest], details)
  }
  const head = source === undefined ? start : `${start}, ${problems.length} problems:`
  return new SandboxError([head, ...listed(ordered, toLines)], details)
}
