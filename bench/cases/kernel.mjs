// @ts-check
import { otherSandboxes, PROGRAM, plain, SPAWN } from '../lib/contestants.mjs'
import { kernelAlone } from '../lib/kernel-alone.mjs'
import { measurePaces, PAUSE_MS, ROW, timersOf } from './latency.mjs'

export { report } from './latency.mjs'

/**
 * What of the latencies is the kernel's. Not beside the whole ones, for a round would be too long for what waits
 * for a warm one's next row.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const timers = timersOf({ [SPAWN]: () => plain(PROGRAM), ...otherSandboxes(['bwrap']) })
  timers.push(...kernelAlone({ atOnce: ROW, buildMs: PAUSE_MS * ROW }))
  return { runs, ...(await measurePaces(timers, runs)) }
}
