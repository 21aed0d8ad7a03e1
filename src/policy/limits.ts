import { invalid } from '../errors/invalid.ts'
import { type Problem, show, unknownName } from '../errors/problem.ts'
import { parseDuration } from '../units/duration.ts'
import { parseSize } from '../units/size.ts'
import type { LimitName, Limits } from './policy.ts'

interface LimitKey {
  readonly field: LimitName
  readonly kind: 'duration' | 'size' | 'count'
  /** Zero means "none at all"; for the others it could only stop every program. */
  readonly zero: boolean
}

const keys: Readonly<Record<string, LimitKey>> = {
  walltime: { field: 'wallTimeMs', kind: 'duration', zero: false },
  cpu: { field: 'cpuTimeMs', kind: 'duration', zero: false },
  memory: { field: 'memoryBytes', kind: 'size', zero: false },
  output: { field: 'outputBytes', kind: 'size', zero: true },
  fileSize: { field: 'fileSizeBytes', kind: 'size', zero: true },
  // A tmpfs of size 0 is one without a limit.
  disk: { field: 'diskBytes', kind: 'size', zero: false },
  stack: { field: 'stackBytes', kind: 'size', zero: false },
  addressSpace: { field: 'addressSpaceBytes', kind: 'size', zero: false },
  processes: { field: 'processes', kind: 'count', zero: false },
  openFiles: { field: 'openFiles', kind: 'count', zero: false },
  core: { field: 'coreBytes', kind: 'size', zero: true },
  // hakoniwa's names of the same
  as: { field: 'addressSpaceBytes', kind: 'size', zero: false },
  fsize: { field: 'fileSizeBytes', kind: 'size', zero: true },
  nofile: { field: 'openFiles', kind: 'count', zero: false },
}

/** The keys of a `[limits]` table, ours and hakoniwa's `as`, `fsize` and `nofile`: what each limits. */
export const limitDescriptions = {
  walltime: 'Real time from the program\'s start: whole seconds, or text such as "1.5s".',
  cpu: 'Processor time, user and system: whole seconds, or text such as "1.5s".',
  memory: 'Memory: bytes, or text such as "64MiB".',
  output: 'stdout and stderr together: bytes, or text such as "1MiB".',
  fileSize: 'The largest file it may write (RLIMIT_FSIZE): bytes, or text.',
  disk: "All of the sandbox's own file system: bytes, or text.",
  stack: "Its main thread's stack (RLIMIT_STACK): bytes, or text.",
  addressSpace: 'Virtual memory (RLIMIT_AS): bytes, or text. Java, Go and Node reserve much.',
  processes: 'Processes and threads.',
  openFiles: 'Open descriptors a process (RLIMIT_NOFILE).',
  core: 'The largest core file (RLIMIT_CORE): bytes, or text.',
  as: "hakoniwa's name of addressSpace.",
  fsize: "hakoniwa's name of fileSize.",
  nofile: "hakoniwa's name of openFiles.",
} as const satisfies Readonly<Record<string, string>>

const limitKeys: readonly string[] = Object.keys(keys)

/** What a number without a unit means for `walltime` and `cpu`. */
export interface LimitUnits {
  /** `s`: whole seconds, as in a policy file; `ms`: milliseconds, as everywhere in code. */
  readonly bareTime: 's' | 'ms'
}

const largestCount = 2 ** 31 - 1

function expected({ kind, zero }: LimitKey, { bareTime }: LimitUnits): string {
  if (kind === 'count') return `a whole number from ${zero ? 0 : 1} to ${largestCount}`
  const above = zero ? '' : ' above 0'
  if (kind === 'size') return `a size${above}: a whole number of bytes, or text such as "64MiB"`
  const bare = bareTime === 's' ? 'whole seconds' : 'milliseconds'
  return `a duration${above}: ${bare}, or text such as "1.5s"`
}

// The value in milliseconds, bytes or pieces; NaN for one that cannot be read.
function read(value: unknown, { kind }: LimitKey, { bareTime }: LimitUnits): number {
  if (typeof value !== 'number' && typeof value !== 'string') return Number.NaN
  try {
    if (kind === 'count') return Number.isInteger(value) ? Number(value) : Number.NaN
    if (kind === 'size') return parseSize(value)
    if (typeof value === 'string' || bareTime === 'ms') return parseDuration(value)
    return Number.isInteger(value) ? parseDuration(value * 1000) : Number.NaN
  } catch (error) {
    if (error instanceof RangeError) return Number.NaN
    throw error
  }
}

function acceptable(amount: number, { kind, zero }: LimitKey): boolean {
  if (kind === 'count' && amount > largestCount) return false
  return amount > 0 || (zero && amount === 0)
}

/** Limits as far as they could be read, and what is wrong with the others. */
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
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined
    if (key === undefined) {
      problems.push({ path: [], message: unknownName('limit', name, limitKeys) })
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
 * Turns limits as a person writes them into numbers whose units are in their names.
 *
 * @param raw `{ walltime: '2s', memory: '64MiB', processes: 16 }`; absent keys and `undefined` are
 * not limited
 * @throws {SandboxError} OPTION_INVALID, naming every limit that is unknown, negative, not a
 * number, or zero where that could only stop every program
 * @example
 * normalizeLimits({ walltime: 1500, memory: '64MiB' }, { bareTime: 'ms' })
 * // { wallTimeMs: 1500, memoryBytes: 67108864 }
 */
export function normalizeLimits(raw: unknown, units: LimitUnits): Limits {
  const { limits, problems } = checkLimits(raw, units)
  if (problems.length > 0) throw invalid('limits', problems, { code: 'OPTION_INVALID' })
  return limits
}

/** A policy's limits with a call's own in place of those it names. */
export function mergeLimits(base: Limits, override: Limits): Limits {
  return { ...base, ...override }
}
