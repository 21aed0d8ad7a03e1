import { describe, expect, test } from 'vitest'
import {
  acquireSlot,
  isAnyRunAlone,
  parseCpuList,
} from '../../../../src/runner/queue/machine-slots.ts'

test('a list of processors is read as the kernel writes it', () => {
  expect(parseCpuList('0')).toEqual([0])
  expect(parseCpuList('0-3')).toEqual([0, 1, 2, 3])
  expect(parseCpuList('1,4-5,9')).toEqual([1, 4, 5, 9])
})

const wants = { exclusive: false, slot: false, cancelled: () => false }
const isSettled = async (promise: Promise<unknown>) =>
  (await Promise.race([promise.then(() => true), new Promise((r) => setTimeout(r, 60, false))])) ===
  true

// The locks are the machine's: other tests may hold them for a moment, so nothing here waits for long.
describe('an exclusive run', () => {
  test('waits for those that run, and those that come wait for it', async () => {
    const first = await acquireSlot(wants)
    const exclusive = acquireSlot({ ...wants, exclusive: true })
    expect(await isSettled(exclusive)).toBe(false)
    const later = acquireSlot(wants)
    first()
    const release = await exclusive
    expect(await isSettled(later)).toBe(false)
    release()
    ;(await later)()
  })

  test('is seen while it goes on, and not while it waits', async () => {
    const first = await acquireSlot(wants)
    const exclusive = acquireSlot({ ...wants, exclusive: true })
    expect(isAnyRunAlone()).toBe(false)
    first()
    const release = await exclusive
    expect(isAnyRunAlone()).toBe(true)
    release()
    const next = await acquireSlot(wants)
    expect(isAnyRunAlone()).toBe(false)
    next()
  })

  test('does not wait any more once it is not wanted', async () => {
    const first = await acquireSlot(wants)
    let cancelled = false
    const exclusive = acquireSlot({ ...wants, exclusive: true, cancelled: () => cancelled })
    cancelled = true
    const release = await exclusive
    release()
    first()
  })
})
