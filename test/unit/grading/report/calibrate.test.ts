import { expect, test } from 'vitest'
import { calibrate, calibrationLines } from '../../../../src/grading/report/calibrate.ts'
import type { ReportTest } from '../../../../src/grading/report/report-schema.ts'
import { declared, ended, report, submission } from './sample.ts'

const MIB = 2 ** 20
type Run = ReportTest['runs'][number]

const run = (wallTimeMs: number, cpuTimeMs: number, peakMemoryBytes: number): Run =>
  ({ status: 'exited', usage: { wallTimeMs, cpuTimeMs, peakMemoryBytes } }) as unknown as Run

/** A report with the runs of each test of one solution. */
function graded(language: string, ...tests: readonly (readonly Run[])[]) {
  const plan = tests.map((_, index) => declared(index + 1))
  const over = { language: { name: language, version: '1' } } as never
  const endedTests = plan.map((test, index) => ended(test, 1, { runs: [...(tests[index] ?? [])] }))
  return report(plan, [submission(`solution-${language}`, endedTests, over)])
}

test('the slowest test decides, with the minimum and the maximum of its own runs', () => {
  const reports = [
    graded('c', [run(10, 5, MIB)], [run(700, 650, 30 * MIB)]),
    graded('c', [run(90, 6, MIB)], [run(800, 640, 31 * MIB)]),
  ]
  expect(calibrate(reports)).toEqual([
    {
      language: 'c',
      runs: 4,
      wallTimeMs: [700, 800],
      cpuTimeMs: [640, 650],
      memoryBytes: 31 * MIB,
      proposal: { walltimeMs: 4000, cpuMs: 3500, memoryBytes: 64 * MIB },
    },
  ])
})

test('small programs get the smallest limits, and slow programs get whole seconds', () => {
  const [quick] = calibrate([graded('c', [run(1, 1, 1000)])])
  expect(quick?.proposal).toEqual({ walltimeMs: 1000, cpuMs: 1000, memoryBytes: 16 * MIB })
  const [slow] = calibrate([graded('java', [run(2100.5, 2000, 8 * MIB)])])
  expect(slow?.proposal).toEqual({ walltimeMs: 11_000, cpuMs: 10_000, memoryBytes: 16 * MIB })
})

test('a language gets at least the memory that it needs to start', () => {
  const [python] = calibrate([graded('python', [run(1, 1, 3 * MIB)])], () => 24 * MIB)
  expect(python?.proposal.memoryBytes).toBe(32 * MIB)
})

test('several runs of one test are measured separately', () => {
  const [both] = calibrate([graded('c', [run(100, 1, 1), run(900, 1, 1)])])
  expect(both?.wallTimeMs).toEqual([900, 900])
})

test('each language has its own table of TOML, in the order of the names', () => {
  const reports = [graded('python', [run(40, 30, 9 * MIB)]), graded('c', [run(3, 2, MIB)])]
  expect(calibrationLines(calibrate(reports))).toEqual([
    '# 1 runs in c: wall time 0.003 s to 0.003 s, CPU time 0.002 s to 0.002 s, memory 1.0 MiB',
    '[languages.c.limits]',
    'walltime = "1000ms"',
    'cpu = "1000ms"',
    'memory = "16MiB"',
    '',
    '# 1 runs in python: wall time 0.040 s to 0.040 s, CPU time 0.030 s to 0.030 s, memory 9.0 MiB',
    '[languages.python.limits]',
    'walltime = "1000ms"',
    'cpu = "1000ms"',
    'memory = "32MiB"',
    '',
  ])
})
