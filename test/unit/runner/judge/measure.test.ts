import { expect, test } from 'vitest'
import type { ReportRecord } from '../../../../src/launcher/report/parse-report.ts'
import { measure } from '../../../../src/runner/judge/measure.ts'

type Of<Kind extends ReportRecord['kind']> = Extract<ReportRecord, { kind: Kind }>

const rusage = {
  ...{ userTimeMs: 0, systemTimeMs: 0, maxRssBytes: 0, minorPageFaults: 0, majorPageFaults: 0 },
  ...{ voluntaryContextSwitches: 0, involuntaryContextSwitches: 0 },
}

/** The usage of a program that ran 1000 ms into its walltime. */
function used(run: {
  cpuMs: number
  longestWaitMs: number
  /** The time for which the thread that waited longest ran; without it, all of the CPU time. */
  ranMs?: number
  processors: number
  lowersPriority?: boolean
  forgetsChildren?: boolean
  leavesCounter?: boolean
  countedMs?: number
  seenCpuMs?: number
}) {
  const end = {
    kind: 'end',
    status: 9,
    wallTimeMs: 1000,
    rusage: { ...rusage, userTimeMs: run.cpuMs },
    countedMs: run.countedMs,
  } as unknown as Of<'end'>
  const walltime = { kind: 'walltime', schedstat: '0 0 0' } as Of<'walltime'>
  const seen = {
    ...{ cpuTimeMs: run.seenCpuMs ?? 0, peakMemoryBytes: 0, peakProcesses: 1, peakFileBytes: 0 },
    peakSpaceBytes: 0,
    forgetsChildren: run.forgetsChildren ?? false,
    leavesCounter: run.leavesCounter ?? false,
    waitAndRunMs: run.longestWaitMs + (run.ranMs ?? run.cpuMs),
    lowersPriority: run.lowersPriority ?? false,
  }
  const facts = { held: { group: undefined, seen }, init: undefined, processors: run.processors }
  return measure([walltime, end], end, facts)
}

test.each([
  ['one thread on a processor that others used too', { cpuMs: 300, longestWaitMs: 700 }, 700],
  ['one thread that slept', { cpuMs: 10, longestWaitMs: 5 }, 5],
  ['four threads on a processor of their own', { cpuMs: 1000, longestWaitMs: 750, ranMs: 250 }, 0],
  [
    'four threads on a processor that others used too',
    { cpuMs: 200, longestWaitMs: 950, ranMs: 50 },
    800,
  ],
  [
    'two threads that sleep and wake together while others use a third of the processor',
    { cpuMs: 400, longestWaitMs: 530, ranMs: 200 },
    330,
  ],
])('%s waited as long as one thread would have', (_, run, expected) => {
  expect(used({ ...run, processors: 1 }).waitTimeMs).toBe(expected)
})

test('sixteen threads on two processors of their own waited for none', () => {
  const run = { cpuMs: 2000, longestWaitMs: 875, ranMs: 125, processors: 2 }
  expect(used(run).waitTimeMs).toBe(0)
})

test('threads that crowd one of two processors waited for each other', () => {
  const run = { cpuMs: 900, longestWaitMs: 700, ranMs: 300, processors: 2 }
  expect(used(run).waitTimeMs).toBe(100)
})

test('a program that lowered its own priority is not known to have waited', () => {
  const run = { cpuMs: 7, longestWaitMs: 900, processors: 1, lowersPriority: true }
  expect(used(run).waitTimeMs).toBeUndefined()
})

test('a program that hid some of its CPU time from the kernel has no known waiting time', () => {
  const run = { cpuMs: 7, longestWaitMs: 900, processors: 1, forgetsChildren: true }
  expect(used(run).waitTimeMs).toBeUndefined()
})

test('the CPU time that the watch saw counts where the kernel forgot it, and is a lower bound', () => {
  const run = { cpuMs: 7, seenCpuMs: 1900, longestWaitMs: 0, processors: 2, forgetsChildren: true }
  const { cpuTimeMs, cpuTimeLowerBound } = used(run)
  expect(cpuTimeMs).toBe(1900)
  expect(cpuTimeLowerBound).toBe(
    'it ignores SIGCHLD or sets SA_NOCLDWAIT, so the kernel forgets the CPU time of its children',
  )
})

test('the CPU time of a program whose children the kernel counted is exact', () => {
  const usage = used({ cpuMs: 1900, seenCpuMs: 1880, longestWaitMs: 0, processors: 2 })
  expect(usage.cpuTimeMs).toBe(1900)
  expect(usage).not.toHaveProperty('cpuTimeLowerBound')
})

test('the CPU time from a counter is exact, whatever the program does about its children', () => {
  const run = { cpuMs: 7, seenCpuMs: 2010, longestWaitMs: 0, processors: 2, forgetsChildren: true }
  const usage = used({ ...run, countedMs: 1900 })
  expect(usage.cpuTimeMs).toBe(1900)
  expect(usage).not.toHaveProperty('cpuTimeLowerBound')
})

test('the CPU time of a program that left its counter is a lower bound, the highest of all figures', () => {
  const run = { cpuMs: 7, seenCpuMs: 2010, longestWaitMs: 0, processors: 2, leavesCounter: true }
  const { cpuTimeMs, cpuTimeLowerBound } = used({ ...run, countedMs: 1900 })
  expect(cpuTimeMs).toBe(2010)
  expect(cpuTimeLowerBound).toBe(
    "it has files that it may execute but not read, so the kernel's counter does not have all of its CPU time",
  )
})
