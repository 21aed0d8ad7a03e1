// @ts-check
import { aloneWithoutFilter } from '../lib/contestants.mjs'
import { measurePaces, report, timersOf } from './latency.mjs'

export { report }

/**
 * The latencies of a policy that has no seccomp filter. Not beside those that have one: a process's waiting
 * sandboxes are shared by all its policies.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  return { runs, ...(await measurePaces(timersOf(aloneWithoutFilter), runs)) }
}
