// @ts-check
import { readdirSync } from 'node:fs'
import { basic } from '../lib/contestants.mjs'
import { round } from '../lib/stats.mjs'
import { fixed, table } from '../lib/table.mjs'

const AT_ONCE = 4
const PARTS = 5

/**
 * Measures the memory and the descriptors of this process over many runs.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const total = runs >= 300 ? 10_000 : runs * 10
  const results = []
  for (const name of ['sandboxed, cold', 'sandboxed, warm']) {
    const run = basic[name]
    if (run === undefined) continue
    for (let part = 0; part <= PARTS; part++) {
      let left = part === 0 ? 200 : total / PARTS
      const line = async () => {
        while (left-- > 0) await run()
      }
      await Promise.all(Array.from({ length: AT_ONCE }, line))
      globalThis.gc?.()
      const { rss, heapUsed } = process.memoryUsage()
      const descriptors = readdirSync('/proc/self/fd').length
      const done = part === 0 ? 0 : (total / PARTS) * part
      const [rssMiB, heapMiB] = [round(rss / 2 ** 20, 1), round(heapUsed / 2 ** 20, 1)]
      results.push({ name, done, rssMiB, heapMiB, descriptors })
    }
  }
  return { results }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
export function report({ results }) {
  const rows = results.map(({ name, done, rssMiB, heapMiB, descriptors }) => [
    ...[name, done, fixed(rssMiB, 1), fixed(heapMiB, 1), descriptors],
  ])
  return [
    `The process that makes the runs, ${AT_ONCE} at once; after 200 to warm up.`,
    '',
    table(['', 'runs', 'RSS, MiB', 'heap, MiB', 'descriptors'], rows),
  ].join('\n')
}
