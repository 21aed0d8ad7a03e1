// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { aloneWithoutFilter, DRAIN_MS } from '../lib/contestants.mjs'
import { measurePaces, timersOf } from './latency.mjs'

export { report } from './latency.mjs'

/**
 * The latencies of a policy that has no seccomp filter. Not beside those that have one, for a
 * round would be too long for what waits.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  await sleep(DRAIN_MS)
  return { runs, ...(await measurePaces(timersOf(aloneWithoutFilter), runs)) }
}
