// @ts-check
import { alone, otherSandboxes } from '../lib/contestants.mjs'
import { measurePaces, timersOf } from './latency.mjs'

export { report } from './latency.mjs'

/**
 * The latencies of all other installed sandboxes. They have their own rounds: a row of the slowest lasts
 * longer than a waiting sandbox lives.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const { 'sandboxed, warm': _, ...base } = alone
  const timers = timersOf({ ...base, ...otherSandboxes(['bwrap', 'firejail', 'crun']) })
  return { runs, ...(await measurePaces(timers, runs)) }
}
