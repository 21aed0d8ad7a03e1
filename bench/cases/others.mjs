// @ts-check
import { alone, otherSandboxes } from '../lib/contestants.mjs'
import { measurePaces, timersOf } from './latency.mjs'

export { report } from './latency.mjs'

/**
 * The latencies of all other sandboxes that there are. By themselves: a row of the slowest is so long that
 * what waits for a warm one's next row ends before it.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const { 'sandboxed, warm': _, ...base } = alone
  const timers = timersOf({ ...base, ...otherSandboxes(['bwrap', 'firejail', 'crun']) })
  return { runs, ...(await measurePaces(timers, runs)) }
}
