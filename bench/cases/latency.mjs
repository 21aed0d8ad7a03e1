// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { alone, otherSandboxes, PROGRAM, SPAWN } from '../lib/contestants.mjs'
import { quantile, ratio, round, shuffled } from '../lib/stats.mjs'
import { fixed, table } from '../lib/table.mjs'

const WARM_UP = 50
// The kernel takes network namespaces apart in the background, and new ones wait for that: none shall
// pay for the one before it.
const PAUSE_MS = 15

/**
 * How long one run of /bin/true takes, from the call to the result; contestants take turns, each round in
 * another order.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const contestants = Object.entries({
    ...alone,
    ...otherSandboxes(),
  })
  /** @type {Record<string, number[]>} */
  const timesMs = Object.fromEntries(contestants.map(([name]) => [name, []]))
  for (let turn = -WARM_UP; turn < runs; turn++) {
    for (const [name, run] of shuffled(contestants)) {
      const start = performance.now()
      await run()
      if (turn >= 0) timesMs[name]?.push(round(performance.now() - start))
      await sleep(PAUSE_MS)
    }
  }
  return { runs, pauseMs: PAUSE_MS, timesMs }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
export function report({ runs, pauseMs, timesMs }) {
  const bases = [SPAWN, 'bwrap']
  const rows = Object.entries(timesMs).map(([name, values]) => {
    const quantiles = [0, 0.1, 0.5, 0.9].map((share) => fixed(quantile(values, share)))
    const ratios = bases.map((base) => {
      const other = timesMs[base]
      if (other === undefined) return '-'
      if (base === name) return '1'
      const { ratio: value, low, high } = ratio(values, other)
      return `${fixed(value)} (${fixed(low)} to ${fixed(high)})`
    })
    return [name, ...quantiles, ...ratios]
  })
  return [
    `${PROGRAM}, ${runs} runs each, in turn, ${pauseMs} ms apart; milliseconds.`,
    '',
    table(['', 'least', 'p10', 'median', 'p90', 'x spawn (95 %)', 'x bwrap (95 %)'], rows),
  ].join('\n')
}
