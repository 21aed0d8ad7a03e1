import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSandbox, sandboxed } from '../../src/index.ts'
import { fuzzCalls } from '../run/support/fuzz-calls.ts'
import { children } from '../run/support/processes.ts'
import { lacks } from '../run/support/tools.ts'

test.skipIf(lacks('gcc'))(
  'a program that makes random system calls under strict ends with a verdict',
  async () => {
    const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8')
    const before = mounts()
    for (let round = 0; round < 4; round++) {
      const { seed, result } = await fuzzCalls(400)
      const { status, reason } = result
      const verdicts = ['exited', 'signaled', 'walltime', 'cpu', 'output', 'memory']
      expect(verdicts, `seed ${seed}: ${reason}`).toContain(status)
      const bursts = Number(/(\d+) bursts\n$/.exec(result.stdout)?.[1])
      if (status === 'exited') expect(bursts, `seed ${seed}`).toBeGreaterThan(5)
      expect(result.reason).not.toContain('interfering')
    }
    expect(mounts()).toBe(before)
    expect(children().filter((child) => child.includes('gradebox'))).toEqual([])
  },
)

test('output comes back unchanged, whatever its bytes', async () => {
  const run = createSandbox({ concurrency: 2 })
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 5000 }),
      fc.integer({ min: 1, max: 60 }),
      async (block, times) => {
        const bytes = Buffer.concat(Array.from({ length: times }, () => block))
        const whole = await run('cat', [], { stdin: bytes, encoding: 'buffer' })
        expect(Buffer.compare(whole.stdout, bytes)).toBe(0)
        const text = await run('sh', ['-c', 'cat >&2'], { stdin: bytes })
        expect(text.stderr).toBe(bytes.toString('utf8'))
      },
    ),
    { numRuns: 25 },
  )
})

test('arguments and variables arrive unchanged, whatever their text', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 }).filter((each) => !each.includes('\0'))
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), text, async (args, value) => {
      const script = 'for a; do printf "%s\\0" "$a"; done; printf %s "$V"'
      const run = await sandboxed('sh', ['-c', script, 'sh', ...args], {
        env: { V: value },
        encoding: 'buffer',
      })
      // A text with half of a surrogate pair has no bytes of its own.
      const expected = Buffer.from([...args.map((each) => `${each}\0`), value].join(''))
      expect(Buffer.compare(run.stdout, expected)).toBe(0)
    }),
    { numRuns: 40 },
  )
})
