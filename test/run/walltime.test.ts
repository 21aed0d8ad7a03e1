import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { eventually, makeMarker, processesWith } from './support/processes.ts'
import { runShell } from './support/programs.ts'

const limits = { walltime: '300ms' }

describe('a program that runs too long', () => {
  test.each([
    ['sleeps', 'echo partial; exec sleep 1000'],
    ['spins', 'echo partial; while :; do :; done'],
    ['waits for input that never comes', 'echo partial; read line'],
    ['ignores SIGTERM', 'trap "" TERM INT HUP; echo partial; while :; do sleep 1000; done'],
    ['stops itself', 'echo partial; kill -STOP $$'],
    ['waits for a child', 'echo partial; sleep 1000 & wait'],
  ])('is ended when it %s, and the result keeps its output', async (_, script) => {
    const run = await runShell(script, { limits, stdin: 'pipe' })
    expect(run).toExceedWalltime()
    expect(run).toMatchObject({
      ok: false,
      signal: 'SIGKILL',
      stdout: 'partial\n',
      // The reason may continue: the machine was too busy.
      reason: expect.stringMatching(/^ran longer than the walltime limit of 300 ms([,;]|$)/),
    })
    expect(run.usage.wallTimeMs).toBeGreaterThanOrEqual(300)
  })

  test('is ended in time although this process is busy', async () => {
    const run = sandboxed('sleep', ['1000'], { limits: { walltime: '100ms' } })
    await new Promise(setImmediate)
    const end = performance.now() + 2000
    while (performance.now() < end);
    const { usage, status } = await run
    expect(status).toBe('walltime')
    // The run would take 2000 ms and more if this process held the limit.
    expect(usage.wallTimeMs).toBeLessThan(1900)
  })
})

test('a program that stays within its time is not ended', async () => {
  const run = await runShell('sleep 0.1; echo done', { limits: { walltime: '10s' } })
  expect(run).toExitWithin('9s')
  expect(run.usage.wallTimeMs).toBeGreaterThanOrEqual(100)
})

test('a walltime below a millisecond is valid', async () => {
  const run = await sandboxed('sleep', ['1000'], { limits: { walltime: 0.001 } })
  expect(run).toExceedWalltime()
})

test('a walltime may exceed 32 bits of milliseconds', async () => {
  expect(await sandboxed('true', [], { limits: { walltime: '2000h' } })).toSucceed()
})

describe('no process of a sandbox survives its run', () => {
  const families: readonly (readonly [string, (sleep: string) => string])[] = [
    ['children', (sleep) => `${sleep} & ${sleep} & echo ready`],
    ['children of a session of their own', (sleep) => `setsid ${sleep} & echo ready`],
    ['daemons', (sleep) => `setsid sh -c "(${sleep} &); ${sleep}" >&- 2>&- & echo ready`],
    ['processes that ignore signals', (sleep) => `(trap "" TERM HUP INT; ${sleep}) & echo ready`],
    ['stopped processes', (sleep) => `${sleep} & kill -STOP $!; echo ready`],
  ]

  test.each(families)('%s end with the walltime of their run', async (_, script) => {
    const marker = makeMarker()
    const run = runShell(`${script(`sleep ${marker}`)}; wait`, { limits })
    await new Promise((settle) => run.stdout.once('data', settle))
    expect(await eventually(() => processesWith(marker).length > 0)).toBe(true)
    expect(await run).toExceedWalltime()
    expect(processesWith(marker)).toEqual([])
  })

  test.each(families)('%s end with the program itself', async (_, script) => {
    const marker = makeMarker()
    const run = await runShell(`${script(`sleep ${marker}`)}; sleep 0.1`)
    expect(run).toSucceed()
    expect(run).toHaveStdout('ready\n')
    expect(processesWith(marker)).toEqual([])
  })
})
