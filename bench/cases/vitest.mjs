// @ts-check
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { report as reportLatency } from './latency.mjs'

const root = resolve(import.meta.dirname, '../..')

/** @typedef {Parameters<typeof reportLatency>[0]} Latencies */

/** Vitest's default pool, and the pool in which a test has a thread of the runner's process. */
const POOLS = ['forks', 'threads']

/**
 * Measures the same latencies, and the kernel's part of them, in a test of Vitest with the plugin. That process is
 * larger than a bare Node, so a fork of it copies more pages.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  return Object.fromEntries(POOLS.map((pool) => [pool, inPool(pool, runs)]))
}

/** @returns {{ rssMiB: number, version: string, whole: Latencies, kernel: Latencies }} */
function inPool(/** @type {string} */ pool, /** @type {number} */ runs) {
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-bench-'))
  const file = join(directory, 'result.json')
  try {
    execFileSync(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        ...['run', '--config', 'bench/vitest/vitest.config.mjs', '--pool', pool],
      ],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, BENCH_RUNS: String(runs), BENCH_RESULT: file },
      },
    )
    return JSON.parse(readFileSync(file, 'utf8'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** @param {Record<string, ReturnType<typeof inPool>>} result */
export function report(result) {
  return Object.entries(result)
    .flatMap(([pool, { version, rssMiB, whole, kernel }]) => [
      `In a test of Vitest ${version}, pool \`${pool}\`: its process has ${rssMiB} MiB in memory.`,
      reportLatency(whole),
      'The kernel’s part of that:',
      reportLatency(kernel),
    ])
    .join('\n\n')
}
