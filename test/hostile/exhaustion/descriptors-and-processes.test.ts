import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { makeMarker, processesWith } from '../../run/support/processes.ts'
import { runC } from '../../run/support/programs.ts'
import { lacks } from '../../run/support/tools.ts'

const limits = {
  memory: '32MiB',
  disk: '8MiB',
  fileSize: '1MiB',
  openFiles: 32,
  processes: 8,
  walltime: '5s',
}

/** The amount that a program got of a resource, and the error that kept it from more. */
async function taken(what: string, more: object = {}): Promise<{ count: number; why: string }> {
  const run = await runC('exhaust', [what], { limits: { ...limits, ...more } })
  expect(run).toExitWith(0)
  const [, count, why] = /^(-?\d+) (.*)\n$/.exec(run.stdout) ?? []
  return { count: Number(count), why: why ?? '' }
}

describe.skipIf(lacks('gcc'))('a program that takes all that it can get', () => {
  test.each([
    ['brk', 'its heap is held to the memory limit'],
    ['mmap', 'its mappings are held to the memory limit'],
  ])('%s: %s', async (what) => {
    const run = await runC('exhaust', [what], { limits })
    expect(run).toExceedMemory()
    // The machine decides how much the program gets before the run ends (docs/limits.md). Without a limit it gets everything.
    expect(run.usage.maxRssBytes).toBeLessThan(512 << 20)
  })

  test('gets memory files up to the file size limit, once for each descriptor', async () => {
    const { count, why } = await taken('memfd')
    expect(why).toBe('Too many open files')
    expect(count).toBeLessThanOrEqual(32)
  })

  test('gets shared memory and page tables up to the limit of the address space', async () => {
    const space = { addressSpace: '64MiB', memory: '256MiB' }
    for (const what of ['shm', 'page-tables']) {
      const { count, why } = await taken(what, space)
      expect([what, why]).toEqual([what, 'Cannot allocate memory'])
      expect(count).toBeLessThan(64)
    }
  })

  test('gets pipe buffers up to the limit of open files', async () => {
    const { count, why } = await taken('pipes')
    expect(why).toBe('Too many open files')
    expect(count).toBeLessThanOrEqual(16)
  })

  test('gets socket buffers up to the limit of open files', async () => {
    const { count, why } = await taken('sockets')
    expect(why).toBe('Too many open files')
    // Twice net.core.wmem_max for each socket (socket(7)).
    const [most = 0] = readFileSync('/proc/sys/net/core/wmem_max', 'utf8').split('\n').map(Number)
    expect(count).toBeLessThanOrEqual((32 * 2 * most) / (1 << 20))
  })

  test('gets descriptors up to their limit', async () => {
    expect(await taken('descriptors')).toEqual({ count: 32, why: 'Too many open files' })
  })

  test('gets no more descriptors by sending them through sockets', async () => {
    const { count, why } = await taken('in-flight')
    expect(why).toMatch(/Too many references|Resource temporarily unavailable/)
    expect(count).toBeLessThan(2000)
  })

  test('gets files up to the disk limit', async () => {
    const { count, why } = await taken('inodes')
    expect(why).toBe('No space left on device')
    expect(count).toBeLessThanOrEqual((8 << 20) / 4096 + 1024)
  })

  test('gets processes up to their limit', async () => {
    expect(await taken('processes')).toEqual({ count: 8, why: 'Resource temporarily unavailable' })
  })

  test.each([
    ['processors', 'every processor'],
    ['kernel-time', 'time in the kernel'],
    ['everything', 'everything at once'],
  ])('%s: is ended in time while it takes %s, also when other runs are active', async (what) => {
    const own = { ...limits, walltime: '600ms', output: '1GiB' }
    const hog = runC('exhaust', [what], { limits: own })
    const marker = makeMarker()
    const others = Array.from({ length: cpus().length }, () => sandboxed('true', [marker]))
    for (const other of await Promise.all(others)) expect(other).toSucceed()
    const run = await hog
    expect(['walltime', 'memory']).toContain(run.status)
    expect(run.usage.wallTimeMs).toBeLessThan(30_000)
    expect(processesWith(marker)).toEqual([])
  })
})
