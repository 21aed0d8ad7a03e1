import { invalid } from '../errors/invalid.ts'
import { type Problem, show, unknownName } from '../errors/problem.ts'
import {
  type LimitKind,
  type LimitName,
  type LimitRow,
  type Limits,
  limitRows,
  UNLIMITED,
} from '../limits/table.ts'
import { parseDuration } from '../units/duration.ts'
import { parseSize } from '../units/size.ts'

// Gradebox's and hakoniwa's names of the limits.
const keys: ReadonlyMap<string, LimitRow<LimitName>> = new Map([
  ...limitRows,
  ...limitRows.flatMap(([, row]) =>
    row.hakoniwa === undefined ? [] : [[row.hakoniwa, row] as const],
  ),
])

const limitKeys: readonly string[] = [...keys.keys()]

/** The accepted values, in words. */
const values: Readonly<Record<LimitKind, string>> = {
  duration: 'whole seconds, text such as "1.5s", or "unlimited"',
  size: 'bytes, text such as "64MiB", or "unlimited"',
  count: 'a whole number, or "unlimited"',
  processors: 'a whole number, or "all"',
}

const capitalized = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** The keys of a `[limits]` table in Gradebox and hakoniwa, each with a description of the limited quantity. */
export const limitDescriptions: Readonly<Record<string, string>> = Object.fromEntries([
  ...limitRows.map(([option, { about, kind }]) => [
    option,
    `${capitalized(about)}: ${values[kind]}.`,
  ]),
  ...limitRows.flatMap(([option, { hakoniwa }]) =>
    hakoniwa === undefined ? [] : [[hakoniwa, `hakoniwa's name of ${option}.`]],
  ),
])

/** The unit of a bare number for `walltime` and `cpu`. */
export interface LimitUnits {
  /** `s` means whole seconds, as in a policy file. `ms` means milliseconds, as everywhere in code. */
  readonly bareTime: 's' | 'ms'
}

const largestCount = 2 ** 31 - 1

function expected({ kind, zero = false }: LimitRow, { bareTime }: LimitUnits): string {
  const above = zero ? '' : ' above 0'
  const bare = bareTime === 's' ? 'whole seconds' : 'milliseconds'
  const counts = `a whole number from 1 to ${largestCount}`
  const byKind: Readonly<Record<LimitKind, string>> = {
    duration: `a duration${above}: ${bare}, text such as "1.5s", or "unlimited"`,
    size: `a size${above}: a whole number of bytes, text such as "64MiB", or "unlimited"`,
    count: `${counts}, or "unlimited"`,
    processors: `${counts}, or "all"`,
  }
  return byKind[kind]
}

// Returns the value in milliseconds, in bytes or as a count; NaN for a value that is not valid.
function read(value: unknown, { kind }: LimitRow, { bareTime }: LimitUnits): number {
  if (value === 'unlimited' || (value === 'all' && kind === 'processors')) return UNLIMITED
  if (typeof value !== 'number' && typeof value !== 'string') return Number.NaN
  try {
    if (kind === 'size') return parseSize(value)
    if (kind !== 'duration') return isCount(value) ? value : Number.NaN
    if (typeof value === 'string' || bareTime === 'ms') return parseDuration(value)
    return Number.isInteger(value) ? parseDuration(value * 1000) : Number.NaN
  } catch (error) {
    if (error instanceof RangeError) return Number.NaN
    throw error
  }
}

const isCount = (value: number | string): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value <= largestCount

const acceptable = (amount: number, { zero = false }: LimitRow): boolean =>
  amount > 0 || (zero && amount === 0)

/** The valid limits, and the problems of all other entries. */
export interface CheckedLimits {
  readonly limits: Limits
  /** Paths start at the limits themselves: `['walltime']`. */
  readonly problems: readonly Problem[]
}

/** Reads limits without throwing, for a caller that collects the problems of a whole policy. */
export function checkLimits(raw: unknown, units: LimitUnits): CheckedLimits {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { limits: {}, problems: [{ path: [], message: `expected a table, got ${show(raw)}` }] }
  }
  const limits: { -readonly [Name in LimitName]?: number } = {}
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined) continue
    const key = keys.get(name)
    if (key === undefined) {
      problems.push({ path: [], message: unknownName('limit', name, limitKeys), key: name })
      continue
    }
    const amount = read(value, key, units)
    if (!acceptable(amount, key)) {
      const message = `expected ${expected(key, units)}, got ${show(value)}`
      problems.push({ path: [name], message })
    } else if (limits[key.field] !== undefined) {
      problems.push({ path: [name], message: 'the same limit is given under another name too' })
    } else {
      limits[key.field] = amount
    }
  }
  return { limits, problems }
}

/**
 * Turns limits as a person writes them into numbers with the unit in each limit's name.
 *
 * @param raw `{ walltime: '2s', memory: '64MiB', processes: 16 }`; absent keys and `undefined` change nothing.
 *   `'unlimited'` lifts a limit, and becomes UNLIMITED.
 * @throws {SandboxError} OPTION_INVALID for each limit that is unknown, negative, not a number, or a zero
 *   that would stop every program
 * @example
 * normalizeLimits({ walltime: 1500, memory: '64MiB' }, { bareTime: 'ms' })
 * // { wallTimeMs: 1500, memoryBytes: 67108864 }
 */
export function normalizeLimits(raw: unknown, units: LimitUnits): Limits {
  const { limits, problems } = checkLimits(raw, units)
  if (problems.length > 0) throw invalid('limits', problems, { code: 'OPTION_INVALID' })
  return limits
}

/** Returns a policy's limits. Each limit of the call replaces the policy's limit of the same name. */
export function mergeLimits(base: Limits, override: Limits): Limits {
  return { ...base, ...override }
}
