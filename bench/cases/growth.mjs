// @ts-check
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sandboxes } from '../lib/contestants.mjs'
import { median, round } from '../lib/stats.mjs'
import { fixed, table } from '../lib/table.mjs'

const COUNTS = [1, 10, 100, 1000]

/** The inputs whose number grows. */
const growing = {
  /** @type {(count: number, directory: string) => object} */
  mounts: (count, directory) => ({
    mounts: Array.from({ length: count }, (_, index) => ({
      source: join(directory, `${index}`),
      target: `/tmp/${index}`,
    })),
  }),
  /** @type {(count: number) => object} */
  files: (count) => ({
    files: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`/tmp/${index}`, `contents ${index}`]),
    ),
  }),
}

/**
 * Measures how the time of a run grows with the number of mounts and files, and with the captured output.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-bench-'))
  try {
    for (let index = 0; index < 1000; index++) mkdirSync(join(directory, `${index}`))
    const results = []
    for (const count of COUNTS) {
      const mounts = growing.mounts(count, directory)
      const files = growing.files(count)
      const bytes = `${count * 1024}`
      /** @type {Record<string, () => Promise<unknown>>} */
      const ways = {
        mounts: () => sandboxes.cold('/bin/true', [], mounts),
        files: () => sandboxes.cold('/bin/true', [], files),
        'KiB captured': () => sandboxes.cold('head', ['-c', bytes, '/dev/zero']),
      }
      for (const [what, run] of Object.entries(ways)) {
        const times = []
        for (let turn = -2; turn < Math.max(5, runs / 10); turn++) {
          const start = performance.now()
          await run()
          if (turn >= 0) times.push(performance.now() - start)
        }
        results.push({ what, count, medianMs: round(median(times)) })
      }
    }
    return { results }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
export function report({ results }) {
  const whats = [...new Set(results.map(({ what }) => what))]
  const rows = whats.map((what) => [
    what,
    ...results.filter((each) => each.what === what).map(({ medianMs }) => fixed(medianMs)),
  ])
  return [
    'A cold run with so many of these; median, milliseconds.',
    '',
    table(['', ...COUNTS.map(String)], rows),
  ].join('\n')
}
