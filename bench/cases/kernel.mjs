// @ts-check
import { otherSandboxes, PROGRAM, plain, SPAWN } from '../lib/contestants.mjs'
import { kernelAlone } from '../lib/kernel-alone.mjs'
import { measurePaces, PAUSE_MS, ROW, timersOf } from './latency.mjs'

export { report } from './latency.mjs'

/**
 * The kernel's part of the latencies. It has its own rounds: a round with the whole runs would last longer
 * than a waiting sandbox lives.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const timers = timersOf({ [SPAWN]: () => plain(PROGRAM), ...otherSandboxes(['bwrap']) })
  timers.push(...(await kernelAlone({ atOnce: ROW, buildMs: PAUSE_MS * ROW })))
  return { runs, ...(await measurePaces(timers, runs)) }
}
