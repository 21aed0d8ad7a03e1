import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { DiskWatch } from '../../../../src/runner/watch/disk-watch.ts'
import { makeDirectory } from '../../../run/support/directory.ts'

const MIB = 1024 * 1024

function watched(diskBytes: number) {
  const path = makeDirectory({})
  for (const name of ['work', 'tmp']) mkdirSync(join(path, name))
  const onExceeded = vi.fn()
  const asProgram = <T>(look: () => T): T => look()
  const watch = new DiskWatch({ path, diskBytes, init: () => undefined, asProgram, onExceeded })
  return { path, watch, onExceeded }
}

test('a program that writes too much is stopped, by the bytes of all its directories', async () => {
  const { path, watch, onExceeded } = watched(MIB)
  writeFileSync(join(path, 'work/a'), Buffer.alloc(MIB, 1))
  writeFileSync(join(path, 'tmp/b'), Buffer.alloc(MIB, 1))
  await vi.waitFor(() => expect(onExceeded).toHaveBeenCalledOnce(), 20_000)
  expect(watch.exceededBytes).toBeGreaterThan(MIB)
  await watch.stop()
})

test('a program that makes too many files is detected at its end', async () => {
  const { path, watch } = watched(MIB)
  for (let file = 0; file < 1300; file++) writeFileSync(join(path, `work/${file}`), '')
  await watch.stop()
  expect(watch.exceededBytes).toBeGreaterThan(MIB)
})

test('a program below its limit continues', async () => {
  const { path, watch, onExceeded } = watched(MIB)
  writeFileSync(join(path, 'work/a'), Buffer.alloc(MIB / 2, 1))
  await watch.stop()
  expect(onExceeded).not.toHaveBeenCalled()
  expect(watch.exceededBytes).toBeUndefined()
})
