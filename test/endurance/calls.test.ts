import { expect, test } from 'vitest'
import { fuzzCalls } from '../run/support/fuzz-calls.ts'
import { children } from '../run/support/processes.ts'
import { sandboxMounts } from '../run/support/remains.ts'

const SECONDS = 60

test(`random system calls under strict do not harm the host within ${SECONDS} s`, async () => {
  const mounts = sandboxMounts()
  const end = performance.now() + SECONDS * 1000
  const ends = new Map<string, number>()
  while (performance.now() < end) {
    const { seed, result } = await fuzzCalls(2000)
    ends.set(result.reason, (ends.get(result.reason) ?? 0) + 1)
    console.log(`seed ${seed}: ${result.reason}: ${result.stdout.slice(-30).trim()}`)
    expect(['exited', 'signaled', 'walltime', 'cpu', 'output', 'memory']).toContain(result.status)
  }
  expect(sandboxMounts()).toEqual(mounts)
  expect(children().filter((child) => child.includes('gradebox'))).toEqual([])
})
