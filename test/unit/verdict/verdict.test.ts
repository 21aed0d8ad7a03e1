import { describe, expect, test } from 'vitest'
import { signalName } from '../../../src/runner/verdict/signals.ts'
import { type Evidence, judge } from '../../../src/runner/verdict/verdict.ts'

const [SIGABRT, SIGKILL, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS] = [6, 9, 11, 24, 25, 31]
const CORE_DUMPED = 0x80
const exitStatus = (code: number): number => code << 8

const limits = {
  walltimeMs: 2000,
  cpuMs: 1000,
  memoryBytes: 64 * 1024 * 1024,
  outputBytes: 1024 * 1024,
  fileSizeBytes: 10 * 1024 * 1024,
}

const usage = {
  wallTimeMs: 12,
  cpuTimeMs: 8,
  userTimeMs: 6,
  systemTimeMs: 2,
  maxRssBytes: 1_572_864,
  minorPageFaults: 120,
  majorPageFaults: 0,
  voluntaryContextSwitches: 3,
  involuntaryContextSwitches: 1,
}

const denied = {
  kind: 'seccomp',
  syscall: 41,
  auditArch: 0xc000_003e,
  args: [2n, 1n, 0n, 0n, 0n, 0n],
} as const

const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  limits,
  policy: 'strict',
  usage,
  waitStatus: exitStatus(0),
  filtered: true,
  outputExceeded: false,
  walltimeReached: false,
  stopped: false,
  ...changes,
})

const used = (changes: Partial<typeof usage>): Pick<Evidence, 'usage'> => ({
  usage: { ...usage, ...changes },
})

/** What each cause leaves behind besides what was used; those that come first count. */
const causes: readonly (readonly [status: string, Partial<Evidence>])[] = [
  ['seccomp', { denied }],
  ['output', { outputExceeded: true }],
  ['walltime', { walltimeReached: true }],
  ['aborted', { stopped: true }],
  ['cpu', {}],
  ['memory', {}],
]

const combinations = Array.from({ length: 2 ** causes.length }, (_, bits) =>
  causes.filter((_cause, index) => bits & (1 << index)),
)

/** Evidence of several causes at once. */
function combined(present: typeof causes, waitStatus: number): Evidence {
  const names = present.map(([name]) => name)
  const cpuTimeMs = names.includes('cpu') ? 1500 : usage.cpuTimeMs
  const maxRssBytes = names.includes('memory') ? 65 * 1024 * 1024 : usage.maxRssBytes
  const changes = Object.assign({}, ...present.map(([, each]) => each))
  return evidence({ ...changes, ...used({ cpuTimeMs, maxRssBytes }), waitStatus })
}

describe('of several causes the first counts', () => {
  test.each([
    ['exited', exitStatus(0), 'exited'],
    ['exited with a code', exitStatus(3), 'exited'],
    ['died of a signal', SIGSEGV, 'signaled'],
    ['was killed', SIGKILL, 'signaled'],
  ])('when the program %s', (_, waitStatus, own) => {
    for (const present of combinations) {
      const expected = present[0]?.[0] ?? own
      const names = present.map(([name]) => name)
      expect([names, judge(combined(present, waitStatus)).status]).toEqual([names, expected])
    }
    expect(combinations).toHaveLength(64)
  })
})

describe('a program that ended by itself', () => {
  test('exited', () => {
    expect(judge(evidence())).toEqual({
      status: 'exited',
      exitCode: 0,
      reason: 'exited with code 0',
    })
    expect(judge(evidence({ waitStatus: exitStatus(255) }))).toEqual({
      status: 'exited',
      exitCode: 255,
      reason: 'exited with code 255',
    })
  })

  test.each([
    [SIGSEGV, 'SIGSEGV', 'killed by SIGSEGV (invalid memory access)'],
    [SIGSEGV | CORE_DUMPED, 'SIGSEGV', 'killed by SIGSEGV (invalid memory access)'],
    [SIGABRT, 'SIGABRT', 'killed by SIGABRT (abort)'],
    [8, 'SIGFPE', 'killed by SIGFPE (arithmetic error, such as a division by zero)'],
    [7, 'SIGBUS', 'killed by SIGBUS (bus error)'],
    [4, 'SIGILL', 'killed by SIGILL (illegal instruction)'],
    [SIGKILL, 'SIGKILL', 'killed by SIGKILL'],
    [15, 'SIGTERM', 'killed by SIGTERM'],
    [37, 'SIGRTMIN+3', 'killed by SIGRTMIN+3'],
    [SIGXFSZ, 'SIGXFSZ', 'killed by SIGXFSZ: it wrote a file larger than the limit of 10 MiB'],
  ])('with wait status %d was killed by %s', (waitStatus, signal, reason) => {
    expect(judge(evidence({ waitStatus }))).toEqual({ status: 'signaled', signal, reason })
  })

  test('and raised SIGXFSZ where no file is limited was killed by that, no more', () => {
    expect(judge(evidence({ waitStatus: SIGXFSZ, limits: {} })).reason).toBe('killed by SIGXFSZ')
  })

  test('and raised SIGXCPU early did not reach its limit', () => {
    expect(judge(evidence({ waitStatus: SIGXCPU }))).toEqual({
      status: 'signaled',
      signal: 'SIGXCPU',
      reason: 'killed by SIGXCPU',
    })
  })

  test('and raised SIGSYS without a filter was not killed by one', () => {
    expect(judge(evidence({ waitStatus: SIGSYS, filtered: false }))).toEqual({
      status: 'signaled',
      signal: 'SIGSYS',
      reason: 'killed by SIGSYS',
    })
  })
})

describe('a program that was killed by its filter', () => {
  test('is named with the call', () => {
    expect(judge(evidence({ denied, waitStatus: SIGKILL }))).toEqual({
      status: 'seccomp',
      signal: 'SIGSYS',
      reason: 'killed by seccomp: the system call socket is not allowed by policy "strict"',
      syscall: { name: 'socket', args: denied.args, arch: 'x86_64' },
    })
  })

  test('on arm64 made the call of that number there', () => {
    const there = { ...denied, syscall: 198, auditArch: 0xc000_00b7 }
    expect(judge(evidence({ denied: there })).syscall).toMatchObject({
      name: 'socket',
      arch: 'aarch64',
    })
  })

  test('for a call that is newer than Gradebox has its number told', () => {
    const unknown = { ...denied, syscall: 9999 }
    expect(judge(evidence({ denied: unknown })).reason).toBe(
      'killed by seccomp: the system call syscall 9999 is not allowed by policy "strict"',
    )
  })

  test('is known by SIGSYS where the kernel does not tell the call', () => {
    const verdict = judge(evidence({ waitStatus: SIGSYS | CORE_DUMPED }))
    expect(verdict).toEqual({
      status: 'seccomp',
      signal: 'SIGSYS',
      reason:
        'killed by SIGSYS: a system call that policy "strict" does not allow, or one of another architecture',
    })
  })
})

describe('a limit', () => {
  test.each([
    [
      { outputExceeded: true, waitStatus: SIGKILL },
      { status: 'output', signal: 'SIGKILL', reason: 'wrote more than the output limit of 1 MiB' },
    ],
    [
      { outputExceeded: true },
      { status: 'output', reason: 'wrote more than the output limit of 1 MiB' },
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
      { ...used({ maxRssBytes: 64 * 1024 * 1024 + 4096 }), waitStatus: exitStatus(1) },
      { status: 'memory', exitCode: 1, reason: 'used 64 MiB of memory; the limit is 64 MiB' },
    ],
  ] satisfies [Partial<Evidence>, object][])(
    'is told with what was used: %#',
    (changes, verdict) => {
      expect(judge(evidence(changes))).toEqual(verdict)
    },
  )

  test('that was reached but not passed is none', () => {
    const exactly = used({ cpuTimeMs: 1000, maxRssBytes: limits.memoryBytes })
    expect(judge(evidence(exactly)).status).toBe('exited')
  })

  test('that was not asked for is never reached', () => {
    const much = used({ cpuTimeMs: 1e9, maxRssBytes: 2 ** 50 })
    expect(judge(evidence({ ...much, limits: {} })).status).toBe('exited')
  })

  test.each([
    [989, 'signaled'],
    [991, 'cpu'],
  ])(
    'of CPU time may be a clock tick ahead of what was accounted: SIGXCPU at %d ms is %s',
    (cpuTimeMs, status) => {
      const early = evidence({ ...used({ cpuTimeMs }), waitStatus: SIGXCPU })
      expect(judge(early).status).toBe(status)
    },
  )
})

describe('a signal', () => {
  test.each([
    [1, 'SIGHUP'],
    [6, 'SIGABRT'],
    [29, 'SIGIO'],
    [31, 'SIGSYS'],
    [32, 'signal 32'],
    [34, 'SIGRTMIN+0'],
    [64, 'SIGRTMIN+30'],
  ])('%d is named %s', (number, name) => {
    expect(signalName(number)).toBe(name)
  })
})
