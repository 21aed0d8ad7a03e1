import { beforeAll, expect, test } from 'vitest'
import { makeDirectory } from './support/directory.ts'
import { killRunner, machineState } from './support/killed-runner.ts'
import { useOwnTemporaryDirectory } from './support/remains.ts'
import { adoptOrphans } from './support/subreaper.ts'

useOwnTemporaryDirectory()
beforeAll(adoptOrphans)

// test/endurance/kills.test.ts kills 500 runners.
test('a runner that is killed at any moment leaves nothing behind, because its sandboxes die with it', async () => {
  const workdir = makeDirectory({ file: 'x' })
  const before = machineState()
  for (let round = 0; round < 5; round++) {
    expect((await killRunner(workdir)).found, `round ${round}`).toEqual([])
  }
  expect(machineState()).toEqual(before)
})
