// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { aloneWithoutFilter, DRAIN_MS } from '../lib/contestants.mjs'
import { measurePaces, timersOf } from './latency.mjs'

export { report } from './latency.mjs'

/**
 * The latencies of a policy without a seccomp filter. It has its own rounds: a common round would last longer
 * than a waiting sandbox lives.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  await sleep(DRAIN_MS)
  return { runs, ...(await measurePaces(timersOf(aloneWithoutFilter), runs)) }
}
