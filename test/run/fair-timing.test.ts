import { existsSync } from 'node:fs'
import { availableParallelism, uptime } from 'node:os'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createSandbox, sandboxed } from '../../src/index.ts'
import { runNode } from './support/built.ts'

const spin = ['-c', 'while :; do :; done']
const processors = availableParallelism()

/** The moments, in ns, at which a program started and ended, as it printed them. */
const span = 'a=$(date +%s%N); sleep 0.15; echo "$a $(date +%s%N)"'
const parseSpan = (stdout: string) => stdout.trim().split(' ').map(Number) as [number, number]

function mostAtOnce(spans: readonly (readonly [number, number])[]): number {
  const events = spans
    .flatMap(([start, end]) => [
      { time: start, change: 1 },
      { time: end, change: -1 },
    ])
    .sort((a, b) => a.time - b.time)
  let now = 0
  return Math.max(...events.map(({ change }) => (now += change)))
}

describe('a program that reached its walltime', () => {
  test('because it waited for a processor is recognized', async () => {
    const run = createSandbox({ concurrency: 4 * processors, limits: { walltime: 600 } })
    const runs = await Promise.all(Array.from({ length: 4 * processors }, () => run('sh', spin)))
    for (const each of runs) expect(each).toExceedWalltime()
    const starved = runs.filter(({ reason }) => reason.includes('waited for a processor'))
    expect(starved.length).toBeGreaterThan(runs.length / 2)
    const [one] = starved
    expect(one?.reason).toMatch(
      /^ran longer than the walltime limit of 600 ms, but waited for a processor for \d+ ms of that: the machine was too busy to judge it$/,
    )
    expect(one?.usage.waitTimeMs).toBeGreaterThan(300)
  })

  // Each program prints when it had its low priority, in seconds since the machine started. The kernel refuses a second
  // change of an autogroup within a tenth of a second (sched(7)); that program then ends.
  const lowering: [how: string, script: string][] = [
    ['its nice value', 'exec nice -n 5 sh -c "$lowered"'],
    ['the nice value of one child', 'nice -n 5 sh -c "$lowered" & while :; do :; done'],
    ['the nice value of its autogroup', 'echo 5 > /proc/self/autogroup && eval "$lowered"'],
  ]
  test.for(lowering)(
    'after it lowered its priority by %s was not starved',
    async ([how, script], { skip }) => {
      skip(how.includes('autogroup') && !existsSync('/proc/self/autogroup'), 'no autogroups here')
      const run = createSandbox({ concurrency: 4 * processors, limits: { walltime: '3s' } })
      const env = { lowered: 'read up rest < /proc/uptime; echo $up; while :; do :; done' }
      const since = uptime()
      const runs = await Promise.all(
        Array.from({ length: 4 * processors }, () => run('sh', ['-c', script], { env })),
      )
      const lowered = runs.filter(({ stdout }) => stdout !== '' && Number(stdout) - since < 1)
      expect(lowered).not.toEqual([])
      for (const { reason, usage } of lowered) {
        expect(reason).toBe('ran longer than the walltime limit of 3 s')
        expect(usage).not.toHaveProperty('waitTimeMs')
      }
    },
  )

  test('because it slept was not starved', async () => {
    const run = await sandboxed('sleep', ['5'], { limits: { walltime: 400 } })
    expect(run.reason).toBe('ran longer than the walltime limit of 400 ms')
    expect(run.usage.waitTimeMs).toBeLessThan(200)
  })

  test('is run again when it starved, as often as the option says', async () => {
    const run = createSandbox({ concurrency: 4 * processors, limits: { walltime: 500 } })
    const again = { retryWhenStarved: 1, stdin: 'same input\n' }
    const script = ['-c', 'cat; while :; do :; done']
    const runs = await Promise.all(
      Array.from({ length: 4 * processors }, () => run('sh', script, again)),
    )
    expect(Math.max(...runs.map(({ attempts }) => attempts))).toBe(2)
    for (const each of runs) expect(each).toHaveStdout('same input\n')
  })

  test('is not run again when it got its time', async () => {
    const run = await sandboxed('sleep', ['5'], {
      limits: { walltime: '2s' },
      retryWhenStarved: 3,
    })
    expect(run.attempts).toBe(1)
  })

  test('cannot be run again when its input is a stream', async () => {
    const options = { retryWhenStarved: 1, stdin: Readable.from(['x']) }
    await expect(sandboxed('cat', [], options)).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: The option \`retryWhenStarved\` needs an input that can be read again
        hint: Give stdin as text, bytes or the URL of a file, or leave retryWhenStarved out.
        see: docs/errors.md#option_invalid]
    `)
    await expect(
      sandboxed('cat', [], { retryWhenStarved: -1 }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Expected \`retryWhenStarved\` to be a whole number from 0 and up, got \`-1\` (number)
        see: docs/errors.md#option_invalid]
    `,
    )
  })
})

describe('the sandboxes of all processes together', () => {
  /** Runs this many programs at once in another process, and returns the time of each run. */
  async function elsewhere(count: number, options: object): Promise<[number, number][]> {
    const { code, stdout, stderr } = await runNode(`
      import { sandboxed } from 'gradebox-under-test'
      const options = ${JSON.stringify(options)}
      const runs = await Promise.all(Array.from({ length: ${count} }, () =>
        sandboxed('sh', ['-c', ${JSON.stringify(span)}], options)))
      console.log(runs.map(({ stdout }) => stdout.trim()).join('\\n'))`)
    expect([code, stderr]).toEqual([0, ''])
    return stdout.trim().split('\n').map(parseSpan)
  }

  test('are at most as many as the machine has processors', async () => {
    const spans = await Promise.all([elsewhere(4, {}), elsewhere(4, {}), elsewhere(4, {})])
    expect(mostAtOnce(spans.flat())).toBeLessThanOrEqual(processors)
  })

  test('run one at a time when they are exclusive', async () => {
    const [alone, others] = await Promise.all([elsewhere(2, { exclusive: true }), elsewhere(6, {})])
    for (const one of alone) {
      const rest = [...alone, ...others].filter((other) => other !== one)
      for (const other of rest) expect(other[1] < one[0] || other[0] > one[1]).toBe(true)
    }
  })
})
