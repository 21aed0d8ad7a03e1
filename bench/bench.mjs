// @ts-check
// Measures the cost of sandboxes on this machine, compared with other ways to run a program. README.md says how to read
// the figures. Usage: npm run bench [-- [CASE…] [--runs N] [--save]]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as capture from './cases/capture.mjs'
import * as confined from './cases/confined.mjs'
import * as endurance from './cases/endurance.mjs'
import * as growth from './cases/growth.mjs'
import * as kernel from './cases/kernel.mjs'
import * as latency from './cases/latency.mjs'
import * as noFilter from './cases/no-filter.mjs'
import * as others from './cases/others.mjs'
import * as startUp from './cases/start-up.mjs'
import * as throughput from './cases/throughput.mjs'
import * as vitest from './cases/vitest.mjs'
import * as waiting from './cases/waiting.mjs'
import { describeMachine } from './lib/machine.mjs'
import { drawLatencies } from './lib/svg.mjs'

/** @type {Record<string, { title: string, measure: (options: { runs: number }) => Promise<any>, report: (result: any) => string }>} */
const cases = {
  latency: { title: 'Latency of one run', ...latency },
  others: { title: 'Latency of other sandboxes', ...others },
  'no-filter': { title: 'Latency without a filter', ...noFilter },
  confined: { title: 'Latency without namespaces', ...confined },
  kernel: { title: 'The kernel’s part', ...kernel },
  vitest: { title: 'Latency in a test', ...vitest },
  throughput: { title: 'Throughput', ...throughput },
  growth: { title: 'Growth', ...growth },
  capture: { title: 'Capture of output', ...capture },
  'start-up': { title: 'Start-up', ...startUp },
  waiting: { title: 'Memory of a waiting sandbox', ...waiting },
  endurance: { title: 'Endurance', ...endurance },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '300' }, save: { type: 'boolean', default: false } },
})
const runs = Number(values.runs)
if (!Number.isInteger(runs) || runs < 1) {
  throw new Error(`Expected \`--runs\` to be a whole number from 1 and up, got ${values.runs}`)
}
const unknown = positionals.find((name) => !Object.hasOwn(cases, name))
if (unknown !== undefined) {
  throw new Error(`There is no case ${unknown}; there are ${Object.keys(cases).join(', ')}`)
}

const machine = describeMachine()
const about = `${machine.date}, Linux ${machine.kernel}, ${machine.processors} processors (${machine.processor}), ${machine.memoryMiB} MiB, Node ${machine.node}, as ${machine.user}; load before: ${machine.loadBefore.toFixed(2)}`
console.log(`${about}\n`)

/** @type {Record<string, unknown>} */
const results = {}
/** @type {string[]} */
const sections = []
for (const [name, { title, measure, report }] of Object.entries(cases)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const result = await measure({ runs })
  const section = `### ${title}\n\n${report(result)}\n`
  console.log(section)
  results[name] = result
  sections.push(section)
}

if (values.save) save()

/** @typedef {Awaited<ReturnType<typeof latency.measure>>} Latencies */

// Writes the figures and the picture into `results`, and the tables into bench/README.md.
function save() {
  const directory = join(import.meta.dirname, 'results')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'latest.json'), `${JSON.stringify({ machine, results })}\n`)
  const { latency: ours, others: theirs } = /** @type {Record<string, Latencies | undefined>} */ (
    results
  )
  if (ours !== undefined) {
    const caption = `One run of /bin/true, from call to result, one after another; ${ours.runs} each, Linux ${machine.kernel}, ${machine.date}`
    const timesMs = { ...ours.inRows, ...theirs?.inRows, ...ours.inRows }
    writeFileSync(join(directory, 'latency.svg'), drawLatencies(timesMs, caption))
  }
  const readme = join(import.meta.dirname, 'README.md')
  const [before = '', after = ''] = readFileSync(readme, 'utf8').split(
    /<!-- tables -->[\s\S]*<!-- end of tables -->/,
  )
  const tables = ['<!-- tables -->', `${about}.`, ...sections, '<!-- end of tables -->']
  writeFileSync(readme, `${before}${tables.join('\n\n')}${after}`)
}
