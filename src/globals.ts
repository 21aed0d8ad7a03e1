import { performance } from 'node:perf_hooks'
import timers from 'node:timers'

/*
 * What a test may replace while programs run: fake timers, spies. Every file of src/ takes these from here, as they
 * were when this module was loaded. The modules of Node come before the global object, because Jest can replace
 * the globals before it loads a test's modules.
 */

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers

const now = performance.now.bind(performance)
const { timeOrigin } = performance
const { kill } = process
const { hrtime } = process

/** A clock that only goes forward, in milliseconds from the start of this thread. */
export const clockMs = (): number => now()

const RealDate = Date

/** The date and time of day. */
export const timeOfDay = (): Date => new RealDate(timeOrigin + now())

/** CLOCK_MONOTONIC, which is the same clock in every process of this machine, in nanoseconds. */
export const machineClockNs: () => bigint = hrtime.bigint.bind(hrtime)

/** Whether there is a process, zombies included; also one of another user. */
export function isProcess(pid: number): boolean {
  try {
    return kill.call(process, pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Settles after a time, in milliseconds. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Settles in the event loop's next turn, after what waits there already. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })
