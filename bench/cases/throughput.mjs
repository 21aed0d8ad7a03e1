// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { basic, DRAIN_MS, otherSandboxes, SPAWN } from '../lib/contestants.mjs'
import { kernelWithoutEnd } from '../lib/kernel-alone.mjs'
import { cpuTimeMs } from '../lib/machine.mjs'
import { median, round } from '../lib/stats.mjs'
import { fixed, table } from '../lib/table.mjs'

const AT_ONCE = [1, 2, 4, 8]
const REPEATS = 3

/** @type {(run: () => Promise<unknown>, atOnce: number, total: number) => Promise<void>} */
async function runAll(run, atOnce, total) {
  let left = total
  const line = async () => {
    while (left-- > 0) await run()
  }
  await Promise.all(Array.from({ length: atOnce }, line))
}

/**
 * Measures the runs of /bin/true per second, and the processor time of one run, for several numbers of runs at once.
 * For one run at once, it also measures the kernel's part.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const { bwrap } = otherSandboxes(['bwrap'])
  const all = Object.entries({ ...basic, ...(bwrap === undefined ? {} : { bwrap }) })
  const kernel = await kernelWithoutEnd()
  const results = []
  for (const atOnce of AT_ONCE) {
    const contestants = all.slice()
    if (atOnce === 1 && kernel !== undefined) contestants.push([kernel.name, kernel.run])
    /** @type {Map<string, { perSecond: number, cpuMs: number }[]>} */
    const measured = new Map(contestants.map(([name]) => [name, []]))
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const [name, run] of contestants) {
        await runAll(run, atOnce, 20)
        const start = performance.now()
        const cpu = cpuTimeMs()
        await runAll(run, atOnce, runs)
        const perSecond = (runs / (performance.now() - start)) * 1000
        await sleep(DRAIN_MS)
        measured.get(name)?.push({ perSecond, cpuMs: (cpuTimeMs() - cpu) / runs })
      }
    }
    for (const [contestant, repeats] of measured) {
      const rates = repeats.map(({ perSecond }) => perSecond)
      results.push({
        ...{ contestant, atOnce },
        perSecond: round(median(rates), 1),
        least: round(Math.min(...rates), 1),
        most: round(Math.max(...rates), 1),
        cpuMsPerRun: round(median(repeats.map(({ cpuMs }) => cpuMs)), 2),
      })
    }
  }
  await kernel?.end()
  return { runs, repeats: REPEATS, results }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
export function report({ runs, repeats, results }) {
  const rows = results.map(({ contestant, atOnce, perSecond, least, most, cpuMsPerRun }) => {
    const base = results.find((other) => other.atOnce === atOnce && other.contestant === SPAWN)
    return [
      contestant,
      atOnce,
      `${fixed(perSecond, 0)} (${fixed(least, 0)} to ${fixed(most, 0)})`,
      fixed(perSecond / (base?.perSecond ?? Number.NaN)),
      fixed(cpuMsPerRun),
    ]
  })
  return [
    `/bin/true, ${repeats} times ${runs} runs; processor time of all processes, user and system.`,
    '',
    table(['', 'at once', 'runs/s', 'x spawn', 'CPU ms/run'], rows),
  ].join('\n')
}
