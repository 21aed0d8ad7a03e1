// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { alone, otherSandboxes, PROGRAM } from '../lib/contestants.mjs'
import { latencies } from '../lib/latencies.mjs'
import { round, shuffled } from '../lib/stats.mjs'

const WARM_UP = 50
// One run after another, as in a test.
export const ROW = 10
// After this many ms all background work has ended. But a processor that slept must warm its caches up again.
export const PAUSE_MS = 15
// A pause, so that no row pays for the work that follows the last row: the pool is filled, and the kernel takes
// namespaces apart.
const ROW_PAUSE_MS = 60

/**
 * Measures how long one run of /bin/true takes, from the call to the result, in rows without a pause and after a pause.
 * Contestants take turns, each round in another order.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const timers = timersOf({ ...alone, ...otherSandboxes(['bwrap']) })
  return { runs, ...(await measurePaces(timers, runs)) }
}

/**
 * @param {Timers} timers
 * @param {number} runs
 */
export async function measurePaces(timers, runs) {
  return {
    inRows: await measurePace(timers, runs, { row: ROW, untimed: 0, pauseMs: 0 }),
    paused: await measurePace(timers, runs, { row: 1, untimed: 1, pauseMs: PAUSE_MS }),
  }
}

/**
 * Times each contestant, in milliseconds.
 *
 * @param {Record<string, import('../lib/contestants.mjs').Contestant>} contestants
 * @returns {Timers}
 */
export const timersOf = (contestants) =>
  Object.entries(contestants).map(([name, run]) => [
    name,
    async () => {
      const start = performance.now()
      await run()
      return performance.now() - start
    },
  ])

/** @typedef {[string, () => Promise<number>][]} Timers */

/**
 * Times rows of runs. Some runs before a row are not timed, because this process copies its pages after a fork. Each
 * contestant then pays only for its own fork.
 *
 * @param {Timers} contestants
 * @param {number} runs
 * @param {{ row: number, untimed: number, pauseMs: number }} pace
 */
async function measurePace(contestants, runs, { row, untimed, pauseMs }) {
  /** @type {Record<string, number[]>} */
  const timesMs = Object.fromEntries(contestants.map(([name]) => [name, []]))
  for (let turn = -WARM_UP; turn < runs; turn += row) {
    for (const [name, run] of shuffled(contestants)) {
      for (let place = -untimed; place < row; place++) {
        const timeMs = await run()
        if (turn >= 0 && place >= 0) timesMs[name]?.push(round(timeMs))
        if (pauseMs > 0) await sleep(pauseMs)
      }
      if (row > 1) await sleep(ROW_PAUSE_MS)
    }
  }
  return timesMs
}

/** @param {{ runs: number, inRows: Record<string, number[]>, paused: Record<string, number[]> }} result */
export function report({ runs, inRows, paused }) {
  return [
    `${PROGRAM}, ${runs} runs each, in rows of ${ROW}, one right after another; milliseconds.`,
    latencies(inRows),
    `The same, each after a run of its own and a pause of ${PAUSE_MS} ms.`,
    latencies(paused),
  ].join('\n\n')
}
