import { readFileSync } from 'node:fs'

/** An ordinary user may count the time of their own processes up to this value of kernel.perf_event_paranoid. */
const MOST_PARANOID = 2

let isGiven: boolean | undefined

/**
 * Whether the init of the next run probably gets a counter of CPU time (perf_event_open(2)). The answer comes from the
 * last run, or from the kernel's setting before the first run. A container may still forbid the counter.
 */
export function isCounterLikely(): boolean {
  isGiven ??= readParanoid() <= MOST_PARANOID
  return isGiven
}

/** Records whether a run had a counter. */
export function noteCounter(wasGiven: boolean): void {
  isGiven = wasGiven
}

function readParanoid(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8'))
  } catch {
    // A kernel without perf_event_open(2) has no such setting.
    return Number.POSITIVE_INFINITY
  }
}
