// @ts-check
import { SPAWN } from './contestants.mjs'
import { quantile, ratio } from './stats.mjs'
import { fixed, table } from './table.mjs'

/**
 * A table of latencies in milliseconds, each in relation to a spawn's and bubblewrap's.
 *
 * @param {Record<string, number[]>} timesMs
 */
export function latencies(timesMs) {
  const bases = [SPAWN, 'bwrap']
  const rows = Object.entries(timesMs).map(([name, values]) => {
    const quantiles = [0, 0.1, 0.5, 0.9].map((share) => fixed(quantile(values, share)))
    const compared = bases.map((base) => {
      const other = timesMs[base]
      if (other === undefined) return '-'
      if (base === name) return '1'
      const { ratio: value, low, high } = ratio(values, other)
      return `${fixed(value)} (${fixed(low)} to ${fixed(high)})`
    })
    return [name, ...quantiles, ...compared]
  })
  return table(['', 'least', 'p10', 'median', 'p90', 'x spawn (95 %)', 'x bwrap (95 %)'], rows)
}
