import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { repeats } from '../../repeats.ts'
import { runC, runShell } from '../../run/support/programs.ts'
import { lacks } from '../../run/support/tools.ts'

const RUNS = repeats(10, 40)
const WALLTIME_MS = 150

/** The number of turns that the event loop made during an operation. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  let isOver = false
  const counting = (async () => {
    for (; !isOver; turns++) await sleep(1)
  })()
  await work
  isOver = true
  await counting
  return turns
}

describe.skipIf(lacks('gcc')).each(['strict', 'kiss'])('under policy %s, a program', (policy) => {
  test('that closes its stdout and opens it again does not stop the event loop', async () => {
    // The first run loads what every run needs.
    await runShell('true', { policy })
    let last: unknown
    for (let run = 0; run < RUNS; run++) {
      const delay = `${Math.random() * 400}`
      const work = runC('hang-up', [delay], { policy, limits: { walltime: WALLTIME_MS } })
      const turns = await turnsDuring(work)
      last = await work
      expect(last).toMatchObject({ status: 'walltime' })
      // A read that waits for the program would allow only one turn, after the walltime.
      expect(turns, `after ${delay} µs`).toBeGreaterThan(2)
    }
  })
})
