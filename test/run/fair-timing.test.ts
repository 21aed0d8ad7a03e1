import { existsSync } from 'node:fs'
import { availableParallelism, uptime } from 'node:os'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createSandbox, sandboxed } from '../../src/index.ts'

const spin = ['-c', 'while :; do :; done']
const processors = availableParallelism()

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
