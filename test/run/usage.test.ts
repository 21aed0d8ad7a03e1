import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { runC, runPython, runShell } from './support/programs.ts'
import { lacks, sandboxLacks } from './support/tools.ts'

describe.skipIf(lacks('gcc'))('CPU time', () => {
  // Each burns 200 ms of CPU time, as the program itself measures it.
  test.each([
    ['the program itself', 'self'],
    ['a child that was waited for', 'child'],
    ['a child that was not waited for', 'abandoned'],
    ['an orphan, forked twice', 'orphan'],
    ['a thread', 'thread'],
    ['a child that was killed', 'killed'],
  ])('of %s is counted', async (_, how) => {
    const { usage, status } = await runC('burn-cpu', [how, '200'])
    expect(status).toBe('exited')
    expect(usage.cpuTimeMs).toBeGreaterThan(190)
    expect(usage.cpuTimeMs).toBeLessThan(1000)
    expect(usage.cpuTimeMs).toBeCloseTo(usage.userTimeMs + usage.systemTimeMs, 3)
  })

  test('of processes that still run at the end is counted', async () => {
    const run = await runC('burn-cpu', ['forever'], { limits: { walltime: '500ms' } })
    expect(run).toExceedWalltime()
    // Two processes share the processors that other programs leave free.
    expect(run.usage.cpuTimeMs).toBeGreaterThan(100)
  })
})

test('a program that sleeps uses wall time and hardly any CPU time', async () => {
  const { usage } = await sandboxed('sleep', ['0.3'])
  expect(usage.wallTimeMs).toBeGreaterThanOrEqual(300)
  expect(usage.cpuTimeMs).toBeLessThan(usage.wallTimeMs / 2)
})

test.skipIf(sandboxLacks('python3'))(
  'CPU time agrees with the program’s own measurement',
  async () => {
    const run = await runPython(`
import resource, sys
x = 0
while sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) < 0.2: x += 1
print(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) * 1000)
`)
    const own = Number(run.stdout)
    expect(run.usage.cpuTimeMs).toBeGreaterThan(own - 5)
    expect(run.usage.cpuTimeMs).toBeLessThan(own + 100)
  },
)

describe.skipIf(sandboxLacks('python3'))('memory', () => {
  const touch = 'x = bytearray(50 << 20); x[::4096] = b"x" * len(x[::4096])'

  test('is the peak of the program', async () => {
    const { usage } = await runPython(`${touch}; del x`)
    expect(usage.maxRssBytes).toBeGreaterThan(50 << 20)
    expect(usage.maxRssBytes).toBeLessThan(100 << 20)
    expect(usage.minorPageFaults).toBeGreaterThan(0)
  })

  test('of a child counts too', async () => {
    const { usage } = await runPython(`
import os
if os.fork() == 0:
    ${touch}
    os._exit(0)
os.wait()`)
    expect(usage.maxRssBytes).toBeGreaterThan(50 << 20)
  })

  test('of a small program is small: this process’s memory does not count', async () => {
    const { usage } = await sandboxed('true')
    expect(usage.maxRssBytes).toBeLessThan(10 << 20)
    expect(usage.maxRssBytes).toBeGreaterThan(100 << 10)
  })
})

test('context switches are counted', async () => {
  const { usage } = await runShell('for i in 1 2 3 4 5; do sleep 0.01; done')
  expect(usage.voluntaryContextSwitches).toBeGreaterThanOrEqual(5)
})
