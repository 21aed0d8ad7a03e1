import type { PageData } from '../data.ts'
import { el, svg } from './dom.ts'
import { duration, points, quantile, size } from './format.ts'

const width = 420
const height = 190
const left = 44
const bottom = 28

/** The distribution of the points, and the time and memory of each test's runs. */
export function plots(data: PageData): HTMLElement {
  return el(
    'section',
    { 'aria-label': 'Plots' },
    el('h2', {}, 'Distribution'),
    el(
      'div',
      { class: 'plots' },
      histogram(data),
      strips(data, 'Wall time per test', 'wallTimeMs', duration),
      strips(data, 'Memory per test', 'peakMemoryBytes', size),
    ),
  )
}

function figure(title: string, description: string, ...content: SVGElement[]): HTMLElement {
  return el(
    'figure',
    {},
    el('figcaption', {}, title),
    svg(
      'svg',
      { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title}. ${description}` },
      ...content,
    ),
  )
}

function histogram({ submissions, maxPoints }: PageData): HTMLElement {
  const graded = submissions.flatMap(({ student }) => student.points ?? [])
  const most = Math.max(maxPoints, ...graded, 1)
  const bins = Math.min(12, Math.max(4, Math.ceil(most)))
  const counts = Array.from({ length: bins }, () => 0)
  for (const each of graded) {
    const bin = Math.min(bins - 1, Math.floor((each / most) * bins))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const highest = Math.max(1, ...counts)
  const step = (width - left) / bins
  const bars = counts.flatMap((count, bin) => {
    const tall = (count / highest) * (height - bottom - 16)
    const x = left + bin * step
    return [
      svg('rect', {
        class: 'bar',
        x: x + 2,
        y: height - bottom - tall,
        width: step - 4,
        height: tall,
      }),
      svg(
        'text',
        { x: x + step / 2, y: height - bottom - tall - 3, 'text-anchor': 'middle' },
        count || '',
      ),
      svg('text', { x, y: height - 10 }, points(Math.round((bin / bins) * most * 10) / 10)),
    ]
  })
  const sorted = [...graded].sort((a, b) => a - b)
  const median = `The median of ${graded.length} graded submissions is ${points(quantile(sorted, 0.5))} points.`
  return figure('Points', median, axis(), ...bars)
}

const axis = () =>
  svg('line', { class: 'axis', x1: left, y1: height - bottom, x2: width, y2: height - bottom })

/** One row of dots per test. Each dot shows the largest value among the runs of one submission. */
function strips(
  { submissions, tests }: PageData,
  title: string,
  figureName: 'wallTimeMs' | 'peakMemoryBytes',
  format: (value: number) => string,
): HTMLElement {
  const shown = tests.slice(0, 12)
  const values = shown.map(({ number }) =>
    submissions.flatMap(({ staff }) => {
      const runs = staff?.tests.find((test) => test.number === number)?.runs ?? []
      return runs.length === 0 ? [] : [Math.max(...runs.map(({ usage }) => usage[figureName]))]
    }),
  )
  const most = Math.max(1, ...values.flat())
  const row = (height - bottom) / Math.max(1, shown.length)
  const x = (value: number) => left + (value / most) * (width - left - 8)
  const content = shown.flatMap((test, index) => {
    const y = row * (index + 0.5)
    const dots = (values[index] ?? []).map((value) =>
      svg('circle', { class: 'dot', cx: x(value), cy: y, r: Math.min(4, row / 3) }),
    )
    return [svg('text', { x: 0, y: y + 4 }, `#${test.number}`), ...dots]
  })
  const scale = [0, 0.5, 1].map((share) =>
    svg(
      'text',
      { x: x(most * share), y: height - 10, 'text-anchor': share === 1 ? 'end' : 'start' },
      format(most * share),
    ),
  )
  return figure(title, `The largest value is ${format(most)}.`, axis(), ...content, ...scale)
}
