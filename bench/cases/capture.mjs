// @ts-check
import { spawn } from 'node:child_process'
import { createSandbox } from 'gradebox'
import { SPAWN } from '../lib/contestants.mjs'
import { median, round } from '../lib/stats.mjs'
import { fixed, table } from '../lib/table.mjs'

const MEGABYTES = 200
const REPEATS = 7
const args = ['-c', `${MEGABYTES}000000`, '/dev/zero']

/** @type {(expected: number) => Promise<void>} */
const plain = (expected) =>
  new Promise((resolve, reject) => {
    const child = spawn('head', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    /** @type {Buffer[]} */
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.on('close', () => {
      if (Buffer.concat(chunks).length === expected) resolve()
      else reject(new Error('Output was lost'))
    })
  })

/** Measures how fast output is captured, in megabytes a second. */
export async function measure() {
  const sandboxed = createSandbox({ limits: { output: '1GB' }, encoding: 'buffer' })
  const expected = MEGABYTES * 1e6
  /** @type {Record<string, () => Promise<unknown>>} */
  const contestants = {
    [SPAWN]: () => plain(expected),
    sandboxed: async () => {
      const { stdout } = await sandboxed('head', args)
      if (stdout.length !== expected) throw new Error('Output was lost')
    },
  }
  /** @type {Record<string, number[]>} */
  const rates = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
  for (let turn = -1; turn < REPEATS; turn++) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = performance.now()
      await run()
      if (turn >= 0) rates[name]?.push(round((MEGABYTES / (performance.now() - start)) * 1000, 0))
    }
  }
  return { megabytes: MEGABYTES, rates }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
export function report({ megabytes, rates }) {
  const base = median(rates[SPAWN] ?? [])
  const rows = Object.entries(rates).map(([name, values]) => [
    name,
    `${fixed(median(values), 0)} (${Math.min(...values)} to ${Math.max(...values)})`,
    fixed(median(values) / base),
  ])
  return [
    `${megabytes} MB of output, captured whole; the spawn writes to a socket pair, the sandboxed program to a pipe.`,
    '',
    table(['', 'MB/s', 'x spawn'], rows),
  ].join('\n')
}
