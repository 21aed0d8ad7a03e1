import { beforeAll, expect, test } from 'vitest'
import { makeDirectory } from '../run/support/directory.ts'
import { killRunner, machineState } from '../run/support/killed-runner.ts'
import { useOwnTemporaryDirectory } from '../run/support/remains.ts'
import { adoptOrphans } from '../run/support/subreaper.ts'

const KILLS = 500

useOwnTemporaryDirectory()
beforeAll(adoptOrphans)

function figures(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const late = times.filter((ms) => ms > 1000).length
  const [median, last] = [sorted[sorted.length >> 1], sorted.at(-1)].map((ms) =>
    Math.round(ms ?? 0),
  )
  return `all gone after ${median} ms (median), ${last} ms at the latest, ${late} after more than a second`
}

test(`${KILLS} runners killed at random moments leave nothing`, async () => {
  const workdir = makeDirectory({ file: 'x' })
  const before = machineState()
  const times: number[] = []
  for (let round = 1; round <= KILLS; round++) {
    const { found, goneMs } = await killRunner(workdir)
    expect(found, `kill ${round}`).toEqual([])
    times.push(goneMs)
    if (round % 50 === 0) console.log(`${round} runners killed; ${figures(times)}`)
  }
  expect(machineState()).toEqual(before)
})
