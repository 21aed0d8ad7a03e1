import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { runNode } from './support/built.ts'

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
