// @ts-check
import { quantile } from './stats.mjs'

const WIDTH = 760
const LABEL = 250
const ROW = 46
const TOP = 34
const BINS = 90

/** @type {(text: string) => string} */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/**
 * Draws the distributions of latencies, one below the other, on the same logarithmic axis: the histogram, the
 * median, and the range from p10 to p90.
 *
 * @param {Record<string, readonly number[]>} timesMs
 * @param {string} caption
 */
export function drawLatencies(timesMs, caption) {
  const names = Object.keys(timesMs)
  const all = Object.values(timesMs).flat()
  const [from, to] = [quantile(all, 0) * 0.9, quantile(all, 0.99) * 1.1]
  /** @type {(ms: number) => number} */
  const x = (ms) =>
    LABEL + ((WIDTH - LABEL - 20) * Math.log(Math.min(to, ms) / from)) / Math.log(to / from)
  const height = TOP + names.length * ROW + 40
  const rows = names.map((name, index) => row(name, timesMs[name] ?? [], TOP + index * ROW, x))
  const ticks = [0.5, 1, 2, 3, 5, 10, 20, 50, 100, 200].filter((ms) => ms > from && ms < to)
  const axis = ticks.map((ms) => {
    const at = x(ms).toFixed(1)
    return `<line x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${height - 36}" class="grid"/><text x="${at}" y="${height - 20}" class="tick">${ms} ms</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(caption)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #444 }
.tick, .value { font-size: 11px; text-anchor: middle } .value { text-anchor: start } .caption { font-size: 11px }
.grid { stroke: #8884; stroke-width: 1 } .bins { fill: #5b8def } .range { stroke: #888; stroke-width: 2 } .median { stroke: #d33; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #bbb } }
</style>
<text x="0" y="14" class="caption">${escaped(caption)}</text>
${[...axis, ...rows].join('\n')}
</svg>
`
}

/** @type {(name: string, values: readonly number[], top: number, x: (ms: number) => number) => string} */
function row(name, values, top, x) {
  const bottom = top + ROW - 12
  const width = (WIDTH - LABEL - 20) / BINS
  const counts = Array.from({ length: BINS }, () => 0)
  for (const value of values) {
    const bin = Math.max(0, Math.min(BINS - 1, Math.floor((x(value) - LABEL) / width)))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const most = Math.max(...counts)
  const bars = counts.flatMap((count, bin) => {
    if (count === 0) return []
    const height = (count / most) * (ROW - 16)
    return [
      `M${(LABEL + bin * width).toFixed(1)} ${bottom}v-${height.toFixed(1)}h${(width - 0.5).toFixed(1)}V${bottom}z`,
    ]
  })
  /** @type {(share: number) => string} */
  const at = (share) => x(quantile(values, share)).toFixed(1)
  return [
    `<text x="0" y="${bottom - 4}">${escaped(name)}</text>`,
    `<path d="${bars.join('')}" class="bins"/>`,
    `<line x1="${at(0.1)}" x2="${at(0.9)}" y1="${bottom + 4}" y2="${bottom + 4}" class="range"/>`,
    `<line x1="${at(0.5)}" x2="${at(0.5)}" y1="${top + 2}" y2="${bottom + 7}" class="median"/>`,
    `<text x="${Number(at(0.5)) + 4}" y="${top + 8}" class="value">${quantile(values, 0.5).toFixed(2)}</text>`,
  ].join('\n')
}
