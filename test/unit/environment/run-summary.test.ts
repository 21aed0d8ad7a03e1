import { expect, test } from 'vitest'
import { fileLine } from '../../../src/environment/reporter.ts'
import {
  addRun,
  type RunsSummary,
  runLine,
  slowestAndLargest,
  summarizeRun,
} from '../../../src/environment/run-summary.ts'
import { fabricate } from '../matchers/fabricated.ts'

function run(command: string, wallTimeMs = 12, peakMemoryBytes = 1_572_864) {
  const { usage } = fabricate()
  return summarizeRun(fabricate({ command, usage: { ...usage, wallTimeMs, peakMemoryBytes } }))
}

test('a run fits on one line; control characters of its command become escapes', () => {
  expect(runLine(run('./a.out'))).toBe(
    './a.out: exited, exit code 0, wall 12 ms, cpu 8 ms, memory 1.5 MiB',
  )
  expect(runLine(run('./a\u001b[2K\n'))).toMatch(/^"\.\/a\\u001b\[2K\\n": exited/)
})

test('a test’s summary lists its first 100 runs, and knows the slowest and largest of all', () => {
  let summary: RunsSummary | undefined
  for (let index = 0; index < 150; index++) {
    summary = addRun(summary, run(`./run-${index}`, index === 120 ? 99 : 1, index === 3 ? 9e6 : 1))
  }
  expect(summary).toMatchObject({ count: 150, slowest: { command: './run-120' } })
  expect(summary?.largest.command).toBe('./run-3')
  expect(summary?.runs).toHaveLength(100)
})

test('a file’s line counts all its tests', () => {
  const summaries = [
    addRun(addRun(undefined, run('./slow', 1200)), run('./quick', 1)),
    addRun(undefined, run('./large', 5, 47_185_920)),
  ]
  const all = slowestAndLargest(summaries)
  expect(all && fileLine(all)).toBe('3 runs, slowest 1.2 s (./slow), largest 45 MiB (./large)')
  expect(fileLine(addRun(undefined, run('./a.out')))).toMatch(/^1 run, /)
  expect(slowestAndLargest([])).toBeUndefined()
})
