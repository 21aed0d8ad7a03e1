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

/** What a program got of something, and the error that kept it from more. */
async function taken(what: string, more: object = {}): Promise<{ count: number; why: string }> {
  const run = await runC('exhaust', [what], { limits: { ...limits, ...more } })
  expect(run).toExitWith(0)
  const [, count, why] = /^(-?\d+) (.*)\n$/.exec(run.stdout) ?? []
  return { count: Number(count), why: why ?? '' }
}

describe.skipIf(lacks('gcc'))('a program that takes all it can get', () => {
  test.each([
    ['brk', 'of its heap is held to the memory limit'],
    ['mmap', 'of mappings is held to the memory limit'],
  ])('%s: %s', async (what) => {
    const run = await runC('exhaust', [what], { limits })
    expect(run).toExceedMemory()
    // How far it gets is the machine's affair, see docs/limits.md; without a limit it takes all.
    expect(run.usage.maxRssBytes).toBeLessThan(512 << 20)
  })

  test('of memory files is held to the file size limit, once for each descriptor', async () => {
    const { count, why } = await taken('memfd')
    expect(why).toBe('Too many open files')
    expect(count).toBeLessThanOrEqual(32)
  })

  test('of shared memory and of page tables is held by the limit of the address space', async () => {
    const space = { addressSpace: '64MiB', memory: '256MiB' }
    for (const what of ['shm', 'page-tables']) {
      const { count, why } = await taken(what, space)
      expect([what, why]).toEqual([what, 'Cannot allocate memory'])
      expect(count).toBeLessThan(64)
    }
  })

  test('of pipes’ buffers is held by the limit of open files', async () => {
    const { count, why } = await taken('pipes')
    expect(why).toBe('Too many open files')
    expect(count).toBeLessThanOrEqual(16)
  })

  test('of sockets’ buffers is held by the limit of open files', async () => {
    const { count, why } = await taken('sockets')
    expect(why).toBe('Too many open files')
    // Twice net.core.wmem_max each, socket(7).
    const [most = 0] = readFileSync('/proc/sys/net/core/wmem_max', 'utf8').split('\n').map(Number)
    expect(count).toBeLessThanOrEqual((32 * 2 * most) / (1 << 20))
  })

  test('of descriptors is held to their limit', async () => {
    expect(await taken('descriptors')).toEqual({ count: 32, why: 'Too many open files' })
  })

  test('of descriptors that are on their way is held to the same', async () => {
    const { count, why } = await taken('in-flight')
    expect(why).toMatch(/Too many references|Resource temporarily unavailable/)
    expect(count).toBeLessThan(2000)
  })

  test('of files is held to the disk limit', async () => {
    const { count, why } = await taken('inodes')
    expect(why).toBe('No space left on device')
    expect(count).toBeLessThanOrEqual((8 << 20) / 4096 + 1024)
  })

  test('of processes is held to their limit', async () => {
    expect(await taken('processes')).toEqual({ count: 8, why: 'Resource temporarily unavailable' })
  })

  test.each([
    ['processors', 'every processor'],
    ['kernel-time', 'time in the kernel'],
    ['everything', 'everything at once'],
  ])('%s: of %s is ended in time, also while others run', async (what) => {
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
