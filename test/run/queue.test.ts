import { describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/index.ts'
import { makeDirectory } from './support/directory.ts'

/** The number of runs that overlapped; each run records when it starts and ends. */
function mostAtOnce(notes: readonly string[]): number {
  const events = notes
    .flatMap((note) => note.trim().split(' ').map(Number))
    .map((time, index) => ({ time, change: index % 2 === 0 ? 1 : -1 }))
    .sort((a, b) => a.time - b.time)
  let now = 0
  return Math.max(...events.map(({ change }) => (now += change)))
}

describe('createSandbox', () => {
  test.each([1, 2, 3])('runs at most %i at once if the caller sets that', async (concurrency) => {
    const run = createSandbox({ concurrency })
    const script = 'a=$(date +%s%N); sleep 0.1; echo "$a $(date +%s%N)"'
    const runs = await Promise.all(Array.from({ length: 7 }, () => run('sh', ['-c', script])))
    const most = mostAtOnce(runs.map(({ stdout }) => stdout))
    expect(most).toBeLessThanOrEqual(concurrency)
    expect(most).toBeGreaterThan(concurrency === 1 ? 0 : 1)
  })

  test('starts runs in the order of the calls', async () => {
    const source = makeDirectory()
    const run = createSandbox({ concurrency: 1 })
    const results = await Promise.all(
      Array.from({ length: 5 }, () => run('date', ['+%s%N'], { workdir: source })),
    )
    const times = results.map(({ stdout }) => BigInt(stdout.trim()))
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)))
  })

  test('has a queue of its own', async () => {
    const one = createSandbox({ concurrency: 1 })
    const other = createSandbox({ concurrency: 1 })
    const waiting = one('cat', [], { stdin: 'pipe' })
    expect(await other('echo', ['through'])).toHaveStdout('through\n')
    waiting.stdin?.end()
    expect(await waiting).toSucceed()
  })

  test('continues after a run that could not be started', async () => {
    const run = createSandbox({ concurrency: 1 })
    const failed = run('missing-program')
    const next = run('echo', ['next'])
    await expect(failed).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
    expect(await next).toHaveStdout('next\n')
  })

  test('has defaults, which a call’s own options replace; limits merge by name', async () => {
    const run = createSandbox({
      limits: { walltime: '9s', openFiles: 99 },
      cwd: '/tmp',
      stdin: 'a',
    })
    const result = await run('sh', ['-c', 'pwd; cat; ulimit -n'], {
      stdin: 'b\n',
      limits: { walltime: '8s' },
    })
    expect(result).toHaveStdout('/tmp\nb\n99\n')
    expect(result.limits).toMatchObject({ wallTimeMs: 8000, openFiles: 99 })
  })

  test('does not count time in the queue as walltime', async () => {
    const run = createSandbox({ concurrency: 1, limits: { walltime: '1s' } })
    const results = await Promise.all(Array.from({ length: 4 }, () => run('sleep', ['0.5'])))
    for (const result of results) expect(result).toSucceed()
  })
})
