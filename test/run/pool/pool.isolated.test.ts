import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { killProcess } from '../../../src/ffi/libc.ts'
import {
  createSandbox,
  type SandboxConfig,
  type Sandboxed,
  type SandboxOptions,
} from '../../../src/index.ts'
import { SIGKILL } from '../../../src/linux/constants.ts'
import { endActiveRuns } from '../../../src/runner/active.ts'
import { MOST_WAITING } from '../../../src/runner/options/defaults.ts'
import { makeDirectory } from '../support/directory.ts'
import { eventually as eventuallyWithin, inits } from '../support/processes.ts'

// Exclusive runs of other tests may last longer than sandboxes wait.
vi.mock(import('../../../src/runner/queue/machine-turns.ts'), async (original) => ({
  ...(await original()),
  isAnyRunAlone: () => false,
}))

afterEach(async () => {
  vi.useRealTimers()
  await endActiveRuns()
  expect(inits()).toEqual([])
})

/** After a few seconds the pool is empty again, so waiting longer does not help. */
const eventually = (holds: () => boolean) => eventuallyWithin(holds, 5)

// A run with a concurrency of its own waits for no processor of the machine. Otherwise the runs of other tests could
// delay it for longer than the pool keeps its sandboxes.
const makeWarm = (config: SandboxConfig): Sandboxed => createSandbox({ concurrency: 1, ...config })

/** Runs programs until this many sandboxes wait. */
async function waiting(
  run: Sandboxed,
  count: number,
  options: SandboxOptions = {},
): Promise<number[]> {
  await run('true', [], options)
  expect(await eventually(() => inits().length === count)).toBe(true)
  return inits()
}

describe('a sandbox that waits for a run', () => {
  test('is made after a run, and serves only the next', async () => {
    const run = makeWarm({ warm: 1 })
    const seen = new Set<number>()
    for (let round = 0; round < 10; round++) {
      const [ready] = await waiting(run, 1)
      const next = run('sh', ['-c', 'echo "$0"', `${round}`])
      expect(await next).toHaveStdout(`${round}\n`)
      const { pid } = next
      expect(pid).toBe(ready)
      expect(seen.has(Number(pid))).toBe(false)
      seen.add(Number(pid))
    }
  })

  test('is not made unless the caller asks for it', async () => {
    for (const run of [createSandbox(), createSandbox({ warm: 0 })]) {
      await run('true')
      await run('true')
      await sleep(50)
      expect(inits()).toEqual([])
    }
  })

  test('serves only runs of its own policy, limits and streams', async () => {
    const run = makeWarm({ warm: 1 })
    const others = [
      { policy: 'kiss' },
      { policy: { extends: 'strict' } },
      { limits: { disk: '1MiB' } },
      { stdout: 'ignore' },
      { stderr: 'ignore' },
      { collect: ['x'] },
      { workdir: makeDirectory() },
    ] as const
    for (const options of others) {
      const [ready] = await waiting(run, 1)
      const other = run('true', [], options)
      expect(await other).toSucceed()
      expect(other.pid).not.toBe(ready)
      await endActiveRuns()
    }
    const [ready] = await waiting(run, 1)
    const same = run('sh', ['-c', 'ulimit -n; cat'], { limits: { openFiles: 77 }, stdin: 'x' })
    expect(await same).toHaveStdout('77\nx')
    expect(same.pid).toBe(ready)
  })

  test('has a walltime that starts with the run', async () => {
    const run = makeWarm({ warm: 1, limits: { walltime: '600ms' } })
    let start: number
    let ready: number | undefined
    let next: ReturnType<typeof run>
    // On a busy machine the wait may last for more than a second, after which a sandbox that waits is ended.
    do {
      ready = (await waiting(run, 1))[0]
      await sleep(650)
      start = performance.now()
      next = run('sleep', ['0.1'])
      await next
    } while (next.pid !== ready)
    const result = await next
    expect(result).toSucceed()
    expect(result.usage.wallTimeMs).toBeLessThan(performance.now() - start)
  })

  test('can be aborted and killed once it has a program', async () => {
    const run = makeWarm({ warm: 1 })
    await waiting(run, 1)
    const aborted = run('sleep', ['100'], { signal: AbortSignal.timeout(50) })
    expect((await aborted).status).toBe('aborted')
    await waiting(run, 1)
    const killed = run('sleep', ['100'])
    killed.kill()
    expect((await killed).status).toBe('aborted')
  })

  test('is not used after another process killed it', async () => {
    const run = makeWarm({ warm: 1 })
    const [ready = 0] = await waiting(run, 1)
    killProcess(ready, SIGKILL)
    await sleep(50)
    const next = run('echo', ['here'])
    expect(await next).toHaveStdout('here\n')
    expect(next.pid).not.toBe(ready)
  })

  test('continues to wait when a run fails before it takes a sandbox', async () => {
    const run = makeWarm({ warm: 1 })
    const workdir = makeDirectory()
    const [ready] = await waiting(run, 1, { workdir })
    const failed = run('true', [], { workdir: '/nonexistent' })
    await expect(failed).rejects.toMatchObject({ code: 'MOUNT_FAILED' })
    expect(inits()).toContain(ready)
  })

  test('is ended when the run that took it fails before its program', async () => {
    const run = makeWarm({ warm: 1 })
    const [ready] = await waiting(run, 1)
    const unfed = run('cat', [], { stdin: new URL('file:///nonexistent') })
    await expect(unfed).rejects.toMatchObject({ code: 'SETUP_FAILED' })
    expect(inits()).not.toContain(ready)
    expect(await run('echo', ['on'])).toHaveStdout('on\n')
  })
})

// The pool keeps its sandboxes for a second after the last run. A busy machine may not build all of them in that time.
describe('the pool', { retry: 5 }, () => {
  test('holds as many as ran at once and one more, at most as many as the option says', async () => {
    const run = createSandbox({ warm: 4, concurrency: 8 })
    await waiting(run, 2)
    await Promise.all([1, 2].map(() => run('sleep', ['0.1'])))
    expect(await eventually(() => inits().length === 3)).toBe(true)
    await Promise.all(Array.from({ length: 8 }, () => run('sleep', ['0.1'])))
    expect(await eventually(() => inits().length === 4)).toBe(true)
    await sleep(50)
    expect(inits().length).toBe(4)
  })

  test('holds enough for the longest burst so far, and builds none while a run is active', async () => {
    const run = makeWarm({ warm: 8 })
    for (let count = 0; count < 5; count++) await run('true')
    expect(await eventually(() => inits().length === 6)).toBe(true)
    const old = inits()
    for (let count = 0; count < 5; count++) {
      const next = run('sleep', ['0.02'])
      expect(await next).toSucceed()
      expect(old).toContain(next.pid)
      expect(inits().filter((pid) => !old.includes(pid))).toEqual([])
    }
    expect(await eventually(() => inits().length === 6)).toBe(true)
  })

  test('builds nothing while a run from elsewhere is active', async () => {
    const warm = createSandbox({ warm: 8, concurrency: 2 })
    for (let count = 0; count < 3; count++) await warm('true')
    const cold = makeWarm({ warm: 0 })('sleep', ['0.3'])
    await sleep(200)
    const { pid } = cold
    expect(inits().filter((other) => other !== pid).length).toBeLessThan(4)
    expect(await cold).toSucceed()
    // The process was never idle, so this is one burst of four.
    await warm('true')
    expect(await eventually(() => inits().length === 5)).toBe(true)
  })

  test(`holds at most ${MOST_WAITING}, each with at most eight descriptors`, async () => {
    const before = readdirSync('/proc/self/fd').length
    const runs = ['strict', 'c', 'python'].map((policy) =>
      createSandbox({ policy, warm: MOST_WAITING, concurrency: 8 }),
    )
    const each = Array.from({ length: MOST_WAITING / 2 })
    await Promise.all(runs.flatMap((run) => each.map(() => run('true'))))
    expect(await eventually(() => inits().length === MOST_WAITING)).toBe(true)
    await sleep(50)
    expect(inits().length).toBe(MOST_WAITING)
    expect(readdirSync('/proc/self/fd').length - before).toBeLessThanOrEqual(MOST_WAITING * 8 + 8)
    await endActiveRuns()
    expect(inits()).toEqual([])
  })

  test('replaces sandboxes of other kinds by those of the current kind', async () => {
    const limits = Array.from({ length: MOST_WAITING }, (_, index) => ({ disk: (index + 1) << 20 }))
    const run = makeWarm({ warm: 2 })
    for (const own of limits) await run('true', [], { limits: own })
    expect(await eventually(() => inits().length === MOST_WAITING)).toBe(true)
    const old = inits()
    const another = { disk: (MOST_WAITING + 1) << 20 }
    await run('true', [], { limits: another })
    expect(await eventually(() => inits().some((pid) => !old.includes(pid)))).toBe(true)
    await sleep(50)
    const now = inits()
    const next = run('true', [], { limits: another })
    expect(await next).toSucceed()
    expect(now).toContain(next.pid)
    expect(old).not.toContain(next.pid)
  })

  test('is divided among the kinds when idle, and then keeps the division', async () => {
    const run = makeWarm({ warm: MOST_WAITING })
    const burst = async (policy: string) => {
      for (let count = 0; count < MOST_WAITING; count++) await run('true', [], { policy })
    }
    await burst('strict')
    expect(await eventually(() => inits().length === MOST_WAITING)).toBe(true)
    const strict = inits()
    await burst('kiss')
    const isShared = () => inits().filter((pid) => strict.includes(pid)).length === MOST_WAITING / 2
    expect(await eventually(() => isShared() && inits().length === MOST_WAITING)).toBe(true)
    const shared = inits()
    for (const policy of ['strict', 'kiss', 'strict', 'kiss']) {
      const next = run('true', [], { policy })
      expect(await next).toSucceed()
      expect(shared).toContain(next.pid)
      expect(await eventually(() => inits().length === MOST_WAITING)).toBe(true)
    }
    await sleep(50)
    expect(inits().filter((pid) => shared.includes(pid)).length).toBe(MOST_WAITING - 4)
  })

  test('is empty a second after the last run, and then has no descriptor', async () => {
    const run = makeWarm({ warm: 3 })
    await run('true')
    await endActiveRuns()
    const before = readdirSync('/proc/self/fd').length
    await waiting(run, 2)
    expect(readdirSync('/proc/self/fd').length).toBeGreaterThan(before)
    const isAsBefore = () => readdirSync('/proc/self/fd').length === before
    expect(await eventually(() => inits().length === 0 && isAsBefore())).toBe(true)
  })

  test('holds one sandbox for the run that follows a long run', async () => {
    const run = makeWarm({ warm: 1 })
    await run('sleep', ['1.5'])
    expect(await eventually(() => inits().length === 1)).toBe(true)
    const [ready] = inits()
    const next = run('true')
    expect(await next).toSucceed()
    expect(next.pid).toBe(ready)
  })

  test('uses no clock that a test has replaced', async () => {
    const run = makeWarm({ warm: 1 })
    vi.useFakeTimers()
    await run('true')
    vi.useRealTimers()
    expect(await eventually(() => inits().length === 1)).toBe(true)
    expect(await eventually(() => inits().length === 0)).toBe(true)
  })

  test('works the same after many runs of every kind', async () => {
    const run = createSandbox({ warm: 2, concurrency: 4 })
    await run('true')
    await endActiveRuns()
    const before = readdirSync('/proc/self/fd').length
    const ways = [
      () => run('true'),
      () => run('cat', [], { stdin: 'x'.repeat(100_000), collect: ['missing'] }),
      () => run('sleep', ['100'], { limits: { walltime: '20ms' } }),
      () => run('yes', [], { limits: { output: 1000 } }),
      () => run('missing-program'),
      () => run('true', [], { workdir: '/nonexistent' }),
      () => run('sleep', ['100'], { signal: AbortSignal.timeout(5) }),
      () => run('true', [], { cwd: '/nonexistent' }),
    ]
    const all = Array.from({ length: 160 }, (_, index) => ways[index % ways.length]?.())
    await Promise.allSettled(all)
    await endActiveRuns()
    expect(inits()).toEqual([])
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  })
})

test.each([-1, MOST_WAITING + 1, 1.5, Number.NaN, '2', true, null])(
  'warm: %s is refused',
  (warm) => {
    expect(() => createSandbox({ warm } as object)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringContaining('Expected `warm` to be a whole number from 0 to 32, got'),
      }),
    )
  },
)
