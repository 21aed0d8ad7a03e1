import { beforeAll, expect, test } from 'vitest'
import { makeDirectory } from '../run/support/directory.ts'
import { killRunner, machineState } from '../run/support/killed-runner.ts'
import { adoptOrphans } from '../run/support/subreaper.ts'

const KILLS = 500

beforeAll(adoptOrphans)

test(`${KILLS} runners killed at random moments leave nothing a second later`, async () => {
  const workdir = makeDirectory({ file: 'x' })
  const before = machineState()
  for (let round = 1; round <= KILLS; round++) {
    expect(await killRunner(workdir), `kill ${round}`).toEqual([])
    if (round % 50 === 0) console.log(`${round} runners killed`)
  }
  expect(machineState()).toEqual(before)
})
