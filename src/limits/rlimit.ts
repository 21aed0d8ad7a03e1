import { readFileSync } from 'node:fs'
import type { ResourceLimit } from '../launcher/plan/target.ts'
import {
  type EnforcementByLimit,
  type LimitRow,
  type Limits,
  limitRows,
  UNLIMITED,
} from './table.ts'

/** RLIM64_INFINITY of setrlimit(2): no limit. */
const RLIM_INFINITY = (1n << 64n) - 1n

let own: ReadonlyMap<number, bigint> | undefined

// The program inherits the hard limits of this process, and may raise a limit up to its hard limit.
function hardLimits(): ReadonlyMap<number, bigint> {
  own ??= parseHardLimits(readFileSync('/proc/self/limits', 'utf8'))
  return own
}

/**
 * The hard limits in the text of /proc/PID/limits. The kernel lists them in the order of their resource numbers
 * (proc_pid_limits(5)).
 */
export function parseHardLimits(text: string): ReadonlyMap<number, bigint> {
  const lines = [...text.matchAll(/^Max .*?\s{2,}(\d+|unlimited)\s+(\d+|unlimited)\b.*$/gm)]
  return new Map(
    lines.map(([, , hard = 'unlimited'], index) => [
      index,
      hard === 'unlimited' ? RLIM_INFINITY : BigInt(hard),
    ]),
  )
}

function resourceLimit(
  option: string,
  { rlimit }: LimitRow,
  value: number,
): ResourceLimit | undefined {
  if (rlimit === undefined) return undefined
  const { resource, soft: toSoft = (amount) => amount, grace = 0 } = rlimit
  if (value === UNLIMITED) {
    const most = hardLimits().get(resource) ?? RLIM_INFINITY
    return { resource, option, soft: most, hard: most }
  }
  const soft = toSoft(value)
  return { resource, option, soft, hard: soft + grace }
}

/**
 * The resource limits that enforce a run's limits, except the limits that its control group enforces. For an unlimited
 * value, the resource limit rises to the hard limit of this process.
 */
export function resourceLimits(limits: Limits, enforcement: EnforcementByLimit): ResourceLimit[] {
  return limitRows.flatMap(([option, row]) => {
    const value = limits[row.field]
    if (value === undefined) return []
    if (row.rlimit?.withoutGroupOnly && enforcement[option] === 'cgroup') return []
    return resourceLimit(option, row, value) ?? []
  })
}
