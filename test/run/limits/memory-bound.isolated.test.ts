import { afterAll, expect, test, vi } from 'vitest'
import { runPython } from '../support/programs.ts'

// The bound is found once, so this file has a process of its own.
vi.spyOn(process, 'constrainedMemory').mockReturnValue(256 * 2 ** 20)
afterAll(() => vi.restoreAllMocks())

const touch = (mib: number) => `
data = bytearray(${mib} << 20)
import time
time.sleep(0.5)
`

test('a program without a memory limit is ended at half of what the container has', async () => {
  const { status, reason } = await runPython(touch(160), { policy: 'kiss' })
  expect(status).toBe('memory')
  expect(reason).toMatch(
    /^used 1\d\d(\.\d)? MiB of memory; a run without a memory limit may use half of what the machine or container has$/,
  )
})

test('a program that uses less is not ended', async () => {
  expect(await runPython(touch(60), { policy: 'kiss' })).toExitWith(0)
})

test('a larger limit of the run counts instead of the bound', async () => {
  const result = await runPython(touch(160), { policy: 'kiss', limits: { memory: '300MiB' } })
  expect(result).toExitWith(0)
})
