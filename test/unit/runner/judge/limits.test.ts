import { describe, expect, test } from 'vitest'
import type { Evidence } from '../../../../src/runner/judge/evidence.ts'
import { judge } from '../../../../src/runner/judge/verdict.ts'
import { denied, evidence, exitStatus, limits, used } from './evidence.ts'

const [SIGKILL, SIGSEGV, SIGXCPU] = [9, 11, 24]

describe('a limit', () => {
  test.each([
    [
      { outputExceeded: 'limit', waitStatus: SIGKILL },
      { status: 'output', signal: 'SIGKILL', reason: 'wrote more than the output limit of 1 MiB' },
    ],
    [
      { outputExceeded: 'limit' },
      { status: 'output', reason: 'wrote more than the output limit of 1 MiB' },
    ],
    [
      { limits: {}, outputExceeded: 'text', waitStatus: SIGKILL },
      {
        status: 'output',
        signal: 'SIGKILL',
        reason:
          "wrote more to one stream than a text can hold (512 MiB); take bytes with `encoding: 'buffer'`, or set limits.output",
      },
    ],
    [
      { outputExceeded: 'text' },
      {
        status: 'output',
        reason:
          "wrote more to one stream than a text can hold (512 MiB); take bytes with `encoding: 'buffer'`, or lower limits.output",
      },
    ],
    [
      { walltimeReached: true, waitStatus: SIGKILL },
      {
        status: 'walltime',
        signal: 'SIGKILL',
        reason: 'ran longer than the walltime limit of 2 s',
      },
    ],
    [
      { stopped: true, waitStatus: SIGKILL },
      { status: 'aborted', signal: 'SIGKILL', reason: 'ended by the caller' },
    ],
    [
      { ...used({ cpuTimeMs: 1004 }), waitStatus: SIGXCPU },
      {
        status: 'cpu',
        signal: 'SIGXCPU',
        reason: 'used 1 s of CPU time; the limit is 1 s',
      },
    ],
    [
      used({ cpuTimeMs: 1500 }),
      { status: 'cpu', exitCode: 0, reason: 'used 1.5 s of CPU time; the limit is 1 s' },
    ],
    [
      { ...used({ peakMemoryBytes: 64 * 1024 * 1024 + 4096 }), waitStatus: exitStatus(1) },
      { status: 'memory', exitCode: 1, reason: 'used 64 MiB of memory; the limit is 64 MiB' },
    ],
  ] satisfies [Partial<Evidence>, object][])(
    'is reported with the usage: %#',
    (changes, verdict) => {
      expect(judge(evidence(changes))).toEqual(verdict)
    },
  )

  test('that was reached but not exceeded is no cause', () => {
    const exactly = used({ cpuTimeMs: 1000, peakMemoryBytes: limits.memoryBytes })
    expect(judge(evidence(exactly)).status).toBe('exited')
  })

  test('that is not set is never exceeded', () => {
    const much = used({ cpuTimeMs: 1e9, peakMemoryBytes: 2 ** 50 })
    expect(judge(evidence({ ...much, limits: {} })).status).toBe('exited')
  })

  test.each([
    [1000, 799, 'signaled'],
    [1000, 801, 'cpu'],
    [100, 49, 'signaled'],
    [100, 51, 'cpu'],
  ])(
    'of %d ms of CPU time is checked by ticks, which run ahead: SIGXCPU at %d ms is %s',
    (mostCpuMs, cpuTimeMs, status) => {
      const early = { ...used({ cpuTimeMs }), limits: { ...limits, cpuTimeMs: mostCpuMs } }
      expect(judge(evidence({ ...early, waitStatus: SIGXCPU })).status).toBe(status)
      expect(judge(evidence({ ...early, waitStatus: SIGSEGV })).status).toBe('signaled')
    },
  )
})

describe('a program that interferes with the init', () => {
  test('is ended for that', () => {
    expect(judge(evidence({ tampered: true, waitStatus: SIGKILL }))).toEqual({
      status: 'signaled',
      signal: 'SIGKILL',
      reason: "ended for interfering with the sandbox's init",
    })
  })

  test('has the limits and the filter reported first', () => {
    const both = { tampered: true, waitStatus: SIGKILL }
    expect(judge(evidence({ ...both, denied })).status).toBe('seccomp')
    expect(judge(evidence({ ...both, outputExceeded: 'limit' })).status).toBe('output')
    expect(judge(evidence({ ...both, ...used({ cpuTimeMs: 5000 }) })).status).toBe('cpu')
  })
})
