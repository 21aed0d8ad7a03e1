import { expect, test } from 'vitest'
import type { ReportRecord } from '../../../../src/launcher/report/parse.ts'
import { measure } from '../../../../src/runner/run/measure.ts'

type Of<Kind extends ReportRecord['kind']> = Extract<ReportRecord, { kind: Kind }>

const rusage = {
  ...{ userTimeMs: 0, systemTimeMs: 0, maxRssBytes: 0, minorPageFaults: 0, majorPageFaults: 0 },
  ...{ voluntaryContextSwitches: 0, involuntaryContextSwitches: 0 },
}

/** How long a program waited that ran 1000 ms into its walltime. */
function waited(run: {
  cpuMs: number
  longestWaitMs: number
  processors: number
  isLowerBound?: boolean
}) {
  const end = {
    kind: 'end',
    status: 9,
    wallTimeMs: 1000,
    rusage: { ...rusage, userTimeMs: run.cpuMs },
  } as unknown as Of<'end'>
  const walltime = { kind: 'walltime', schedstat: '0 0 0' } as Of<'walltime'>
  const seen = {
    ...{ cpuTimeMs: 0, peakMemoryBytes: 0, peakProcesses: 1, peakFileBytes: 0 },
    isLowerBound: run.isLowerBound ?? false,
    waitTimeMs: run.longestWaitMs,
  }
  const facts = { held: { group: undefined, seen }, init: undefined, processors: run.processors }
  return measure([walltime, end], end, facts).waitTimeMs
}

test.each([
  ['one thread on a processor that others used too', { cpuMs: 300, longestWaitMs: 700 }, 700],
  ['one thread that slept', { cpuMs: 10, longestWaitMs: 5 }, 5],
  ['four threads on a processor of their own', { cpuMs: 1000, longestWaitMs: 750 }, 0],
  ['four threads on a processor that others used too', { cpuMs: 200, longestWaitMs: 950 }, 800],
])('%s waited as long as one thread would have', (_, run, expected) => {
  expect(waited({ ...run, processors: 1 })).toBe(expected)
})

test('sixteen threads on two processors of their own waited for none', () => {
  expect(waited({ cpuMs: 2000, longestWaitMs: 875, processors: 2 })).toBe(0)
})

test('a program that hid some of its CPU time from the kernel is not known to have waited', () => {
  const run = { cpuMs: 7, longestWaitMs: 900, processors: 1, isLowerBound: true }
  expect(waited(run)).toBeUndefined()
})
