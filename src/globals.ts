import { performance } from 'node:perf_hooks'
import timers from 'node:timers'

/*
 * A test may replace globals while programs run, by fake timers or spies. Every file of src/ therefore takes
 * the originals from this module. The originals come from Node's modules where possible, because Jest can
 * replace the globals before it loads a test's modules.
 */

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers

const now = performance.now.bind(performance)
const { timeOrigin } = performance
const { kill } = process
const { hrtime } = process

/** The time since the start of this thread in milliseconds. This clock never goes back. */
export const clockMs = (): number => now()

const RealDate = Date

/** The date and time of day. */
export const timeOfDay = (): Date => new RealDate(timeOrigin + now())

/** CLOCK_MONOTONIC in nanoseconds, which is the same clock in every process of this machine. */
export const machineClockNs: () => bigint = hrtime.bigint.bind(hrtime)

/** Whether a process exists, including zombies and processes of another user. */
export function isProcess(pid: number): boolean {
  try {
    return kill.call(process, pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Settles after this many milliseconds. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Settles in the next turn of the event loop, after everything that already waits there. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })
