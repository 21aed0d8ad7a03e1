import { describe, expect, test } from 'vitest'
import { ADDRESS_SPACE } from '../../../../src/limits/answered-sizes.ts'
import { signalName } from '../../../../src/linux/signals.ts'
import type { Evidence } from '../../../../src/runner/judge/evidence.ts'
import { judge } from '../../../../src/runner/judge/verdict.ts'
import { formatSize } from '../../../../src/units/size.ts'
import { denied, evidence, exitStatus, usage, used } from './evidence.ts'

const [SIGABRT, SIGKILL, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS] = [6, 9, 11, 24, 25, 31]
const CORE_DUMPED = 0x80

/** The traces of each cause, apart from usage; earlier causes take precedence. */
const causes: readonly (readonly [status: string, Partial<Evidence>])[] = [
  ['seccomp', { denied }],
  ['output', { outputExceeded: 'limit' }],
  ['walltime', { walltimeReached: true }],
  ['cpu', { exceeded: 'cpu', stopped: true }],
  ['memory', { exceeded: 'memory', stopped: true }],
  ['aborted', { stopped: true }],
  ['cpu', used({ cpuTimeMs: 1500 })],
  ['memory', used({ peakMemoryBytes: 65 * 1024 * 1024 })],
  ['memory', { enforcement: { memory: 'cgroup' }, oomKills: 1 }],
]

const combinations = Array.from({ length: 2 ** causes.length }, (_, bits) =>
  causes.filter((_cause, index) => bits & (1 << index)),
)

/** Evidence of several causes at once. */
function combined(present: typeof causes, waitStatus: number): Evidence {
  const all = present.map(([, each]) => each)
  const inOrder = all.toReversed()
  return evidence({
    ...Object.assign({}, ...inOrder),
    usage: Object.assign({}, usage, ...all.map((each) => each.usage).map(differences)),
    waitStatus,
  })
}

/** The differences of a usage from that of the sample. */
const differences = (other: Partial<typeof usage> = {}) =>
  Object.fromEntries(
    Object.entries(other).filter(([name, value]) => value !== usage[name as keyof typeof usage]),
  )

describe('the first of several causes counts', () => {
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
    expect(combinations).toHaveLength(512)
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
    [
      SIGXFSZ,
      'SIGXFSZ',
      'killed by SIGXFSZ: a file or memory file would have become larger than the limit of 10 MiB',
    ],
  ])('with wait status %d was killed by %s', (waitStatus, signal, reason) => {
    expect(judge(evidence({ waitStatus }))).toEqual({ status: 'signaled', signal, reason })
  })

  test('was killed by SIGXFSZ where memory files count too, and the reason says why', () => {
    const reason =
      'killed by SIGXFSZ: a file or memory file would have become larger than the limit of 10 MiB; '
    const advice = ', so memory files count too; limits.disk bounds all files without them'
    const killed = { waitStatus: SIGXFSZ }
    expect(judge(evidence({ ...killed, copyErrno: 1 })).reason).toBe(
      `${reason}this machine refuses pidfd_getfd (EPERM: operation not permitted)${advice}`,
    )
    const ignored = { waitStatus: exitStatus(1), limits: { fileSizeBytes: 10 << 20 }, copyErrno: 1 }
    expect(judge(evidence(ignored)).reason).toBe(
      `exited with code 1; before that, a file could not become larger than the limit of 10 MiB; this machine refuses pidfd_getfd (EPERM: operation not permitted)${advice}`,
    )
    for (const filter of ['none', 'kill', undefined] as const) {
      expect(judge(evidence({ ...killed, filter })).reason).toBe(
        `${reason}no filter reports to the sandbox${advice}`,
      )
    }
  })

  test('and raised SIGXFSZ where no file is limited was killed by that signal', () => {
    expect(judge(evidence({ waitStatus: SIGXFSZ, limits: {} })).reason).toBe('killed by SIGXFSZ')
  })

  test.each([
    [exitStatus(1), 'exited with code 1'],
    [SIGSEGV, 'killed by SIGSEGV (invalid memory access)'],
    [SIGABRT, 'killed by SIGABRT (abort)'],
  ])('failed after the kernel had refused it memory, and the reason says so', (waitStatus, end) => {
    const refused = { waitStatus, refusedBytes: 3n << 30n }
    expect(judge(evidence({ ...refused, limits: { memoryBytes: 64 << 20 } })).reason).toBe(
      `${end}; before that, an allocation of 3 GiB failed: the memory limit is 64 MiB`,
    )
    expect(judge(evidence({ ...refused, limits: {} })).reason).toBe(
      `${end}; before that, an allocation of 3 GiB failed`,
    )
    const limits = { memoryBytes: 64 << 20, addressSpaceBytes: 1 << 30 }
    expect(judge(evidence({ ...refused, limits })).reason).toBe(
      `${end}; before that, an allocation of 3 GiB failed: the limit addressSpace is 1 GiB`,
    )
  })

  test('had no address space left, and the reason says so', () => {
    const failed = { waitStatus: exitStatus(1), limits: { memoryBytes: 64 << 20 } }
    const machine = Number(ADDRESS_SPACE[process.arch === 'arm64' ? 'arm64' : 'x64'])
    expect(judge(evidence({ ...failed, seenSpaceBytes: machine * 0.75 })).reason).toBe(
      `exited with code 1; it had reserved ${formatSize(machine * 0.75)} of address space, and the machine has ${formatSize(machine)}`,
    )
    // The JVM, Go and sanitizers reserve up to half of the machine's address space.
    expect(judge(evidence({ ...failed, seenSpaceBytes: 2 ** 46 })).reason).toBe(
      'exited with code 1',
    )
    const limits = { memoryBytes: 64 << 20, addressSpaceBytes: 1 << 30 }
    expect(judge(evidence({ ...failed, limits, seenSpaceBytes: 900 << 20 })).reason).toBe(
      'exited with code 1; it had reserved 900 MiB of address space, and the limit is 1 GiB',
    )
    expect(judge(evidence({ ...failed, limits, seenSpaceBytes: 500 << 20 })).reason).toBe(
      'exited with code 1',
    )
  })

  test('with success has no memory failure in its reason', () => {
    expect(judge(evidence({ refusedBytes: 3n << 30n })).reason).toBe('exited with code 0')
  })

  test('had no room for its static data before its first instruction', () => {
    const loading = { ...usage, maxRssBytes: 0, minorPageFaults: 1 }
    const limits = { memoryBytes: 64 << 20 }
    expect(judge(evidence({ waitStatus: SIGSEGV, usage: loading, limits })).reason).toBe(
      "killed by SIGSEGV: the kernel could not load the program, whose static data are larger than the machine's memory, or whose file is damaged; the memory limit is 64 MiB",
    )
    const started = { ...loading, minorPageFaults: 2 }
    expect(judge(evidence({ waitStatus: SIGSEGV, usage: started, limits })).reason).toBe(
      'killed by SIGSEGV (invalid memory access)',
    )
  })

  test('and raised SIGXCPU early did not exceed its limit', () => {
    expect(judge(evidence({ waitStatus: SIGXCPU }))).toEqual({
      status: 'signaled',
      signal: 'SIGXCPU',
      reason: 'killed by SIGXCPU',
    })
  })

  test.each([undefined, 'listener'] as const)(
    'and raised SIGSYS was not killed by a filter, with no filter or with one that reports: %s',
    (filter) => {
      expect(judge(evidence({ waitStatus: SIGSYS, filter }))).toEqual({
        status: 'signaled',
        signal: 'SIGSYS',
        reason: 'killed by SIGSYS',
      })
    },
  )
})

describe('a program that was killed by its filter', () => {
  test('is reported with the name of the call', () => {
    expect(judge(evidence({ denied, waitStatus: SIGKILL }))).toEqual({
      status: 'seccomp',
      signal: 'SIGSYS',
      reason:
        'killed by seccomp: socket(AF_INET, SOCK_STREAM, 0) is not in policy "strict"; ' +
        'to allow it, add to a policy that extends it: seccomp.rules = [{ action = "allow", ' +
        'syscalls = ["socket"], conditions = [{ arg = 0, value = "AF_INET" }] }]',
      syscall: {
        name: 'socket',
        args: [2, 1, 0],
        text: 'socket(AF_INET, SOCK_STREAM, 0)',
        arch: 'x86_64',
      },
    })
  })

  test.each([
    [0xc000_003e, 198, 'lremovexattr', 'x86_64'],
    [0xc000_00b7, 198, 'socket', 'aarch64'],
    [0xc000_003e, 0x4000_0029, 'x32 syscall 41', 'x32'],
    [0x4000_0003, 359, '32-bit syscall 359', 'i386'],
    [0x4000_0028, 281, '32-bit syscall 281', 'arm'],
  ])(
    'is reported with the number of the call on its machine: %#',
    (auditArch, syscall, name, arch) => {
      const there = { ...denied, syscall, auditArch }
      expect(judge(evidence({ denied: there })).syscall).toMatchObject({ name, arch })
    },
  )

  test('is reported with the number of a call that is newer than Gradebox', () => {
    const unknown = { ...denied, syscall: 9999 }
    expect(judge(evidence({ denied: unknown })).reason).toBe(
      'killed by seccomp: syscall 9999(0x2, 0x1, 0, 0, 0, 0) is not in policy "strict"; ' +
        'no rule can name it: it is newer than this version of Gradebox',
    )
  })

  test('is recognized by SIGSYS where the kernel does not report the call', () => {
    const verdict = judge(evidence({ waitStatus: SIGSYS | CORE_DUMPED, filter: 'kill' }))
    expect(verdict).toEqual({
      status: 'seccomp',
      signal: 'SIGSYS',
      reason: 'killed by seccomp: a system call is not allowed by policy "strict"',
    })
  })
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
