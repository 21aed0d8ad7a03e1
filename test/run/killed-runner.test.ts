import { beforeAll, expect, test } from 'vitest'
import { makeDirectory } from './support/directory.ts'
import { killRunner, machineState } from './support/killed-runner.ts'
import { adoptOrphans } from './support/subreaper.ts'

beforeAll(adoptOrphans)

test('a runner that is killed at any moment leaves nothing behind: its sandboxes die with it', {
  timeout: 60_000,
}, async () => {
  const workdir = makeDirectory({ file: 'x' })
  const before = machineState()
  for (let round = 0; round < 15; round++) {
    expect((await killRunner(workdir)).found, `round ${round}`).toEqual([])
  }
  expect(machineState()).toEqual(before)
})
