import { afterEach, describe, expect, test } from 'vitest'
import { bare } from '../run/support/policies.ts'
import { children, makeMarker, processesWith } from '../run/support/processes.ts'
import { runC, runPython, runShell } from '../run/support/programs.ts'
import { lacks, sandboxLacks } from '../run/support/tools.ts'

const limits = { walltime: '1s', processes: 30 }

afterEach(() => {
  expect(children().filter((child) => child.includes('gradebox'))).toEqual([])
})

describe('a fork bomb', () => {
  test('of a shell is held to its process limit and ended', async () => {
    const marker = makeMarker()
    const run = await runShell(
      `bomb() { bomb | bomb & sleep ${marker}; }; bomb; sleep ${marker}; true`,
      {
        limits,
        stderr: 'ignore',
      },
    )
    expect(run).not.toSucceed()
    expect(processesWith(marker)).toEqual([])
  })

  test.skipIf(lacks('gcc'))('in C that forks for ever is held to its process limit', async () => {
    const run = await runC('bomb', ['fork'], { limits })
    expect(run).toExceedWalltime()
    // Each process writes its number in the process namespace once, so the largest stays far below thousands.
    expect(run.stdout).toMatch(/^started/)
  })

  test.skipIf(lacks('gcc'))('of threads is held to its process limit', async () => {
    const run = await runC('bomb', ['thread'], { limits })
    expect(run).toExceedWalltime()
  })

  test.skipIf(lacks('gcc'))('that orphans its processes is ended', async () => {
    const run = await runC('bomb', ['orphan'], { limits })
    expect(run).toExceedWalltime()
  })

  test.skipIf(lacks('gcc'))(
    'under a policy without a process limit is ended at its walltime',
    async () => {
      const run = await runC('bomb', ['brief'], {
        limits: { walltime: '500ms' },
        policy: bare({ limits: { processes: 200 } }),
      })
      expect(run).toExceedWalltime()
    },
  )
})

test.skipIf(lacks('gcc'))('thousands of zombies are reaped', async () => {
  const run = await runC('bomb', ['zombies'], { limits: { walltime: '20s', processes: 30 } })
  expect(run).toHaveStdout('5000\n')
  expect(run).toSucceed()
})

describe.skipIf(sandboxLacks('python3'))('a memory hog', () => {
  test('on the heap is held to the limit', async () => {
    const run = await runPython('x = []\nwhile True: x.append(b"x" * (1 << 20))', {
      limits: { memory: '64MiB' },
    })
    expect(run).not.toSucceed()
    expect(run.usage.maxRssBytes).toBeLessThan(112 << 20)
  })

  test('on the stack is held to the limit', async () => {
    const run = await runPython(
      'import sys, threading\nsys.setrecursionlimit(10**9)\ndef f(): return f() + 1\nf()',
      { limits: { stack: '8MiB' } },
    )
    expect(run).not.toSucceed()
    expect(run.usage.maxRssBytes).toBeLessThan(600 << 20)
  })
})

describe('a program that fills the disk', () => {
  test('through every writable place gets no more than its limit in all', async () => {
    const run = await runShell(
      'for d in /work /tmp /dev/shm; do (cat /dev/zero > $d/f) 2>/dev/null; done; cat /work/f /tmp/f /dev/shm/f | wc -c',
      { limits: { disk: '32MiB', fileSize: '1GiB' } },
    )
    expect(Number(run.stdout)).toBeLessThan(40 << 20)
    expect(Number(run.stdout)).toBeGreaterThan(30 << 20)
  })

  test('through an overlay gets no more than its limit', async () => {
    const run = await runShell('cat /dev/zero > f 2>/dev/null; wc -c < f', {
      workdir: '/etc/alternatives',
      limits: { disk: '32MiB', fileSize: '1GiB' },
    })
    expect(Number(run.stdout)).toBeLessThan(40 << 20)
  })
})

test('a gigabyte of output is cut at the limit, whichever process writes it', async () => {
  const run = await runShell('for i in 1 2 3 4; do head -c 300M /dev/zero & done; wait', {
    limits: { output: '3MiB', walltime: '20s' },
  })
  expect(run).toExceedOutput()
  expect(run.stdout.length).toBe(3 << 20)
})

test('a daemon that forked twice into a session of its own ends with the run', async () => {
  const marker = makeMarker()
  const run = await runShell(
    `setsid sh -c "(trap '' HUP TERM INT; sleep ${marker}; sleep ${marker}) >/dev/null 2>&1 </dev/null &" ; exit 0`,
  )
  expect(run).toSucceed()
  expect(processesWith(marker)).toEqual([])
})

test('a grandchild that continues after the program closed its output ends with the run', async () => {
  const marker = makeMarker()
  const run = await runShell(`(sleep ${marker} >&- 2>&- &) ; exec >&- 2>&-; sleep 0.1; exit 4`)
  expect(run).toExitWith(4)
  expect(processesWith(marker)).toEqual([])
})

test('a grandchild that holds the output open does not delay the end of the run', async () => {
  const marker = makeMarker()
  const run = await runShell(`sleep ${marker} & echo done`)
  expect(run).toHaveStdout('done\n')
  expect(run).toExitWithin('9s')
  expect(processesWith(marker)).toEqual([])
})
