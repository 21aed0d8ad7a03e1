import { describe, expect, test } from 'vitest'
import { feedbackFor } from '../../../../src/feedback/run-feedback.ts'
import { reportedLimit } from '../../../../src/runner/judge/reported-limits.ts'
import { judge } from '../../../../src/runner/judge/verdict.ts'
import { evidence, exitStatus, used } from './evidence.ts'

const found = (text: string) => reportedLimit(Buffer.from(text))
const traceback = (line: string, marks = '') =>
  `Traceback (most recent call last):\n  File "/work/m.py", line 1, in <module>\n    ${line}\n${marks}MemoryError\n`

describe('the report of a failed allocation on stderr is found', () => {
  test.each([
    [
      'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n\tat M.main(M.java:1)\n',
      'java.lang.OutOfMemoryError: Java heap space',
    ],
    [
      'java.lang.OutOfMemoryError: Cannot reserve 16777216 bytes of direct buffer memory (allocated: 5)',
      'java.lang.OutOfMemoryError: Cannot reserve 16777216 bytes of direct buffer memory',
    ],
    [
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
      'JavaScript heap out of memory',
    ],
    [traceback('x = bytearray(300 << 20)'), 'MemoryError'],
    [traceback('x = f(bytearray(300 << 20))', '          ^^^^^^^^~~~~\n'), 'MemoryError'],
    [
      'fatal error: failed to reserve page summary memory\n',
      'fatal error: failed to reserve page summary memory',
    ],
    ['memory allocation of 16777216 bytes failed\n', 'memory allocation of 16777216 bytes failed'],
    [
      '-e: failed to allocate memory (NoMemoryError)\n',
      'failed to allocate memory (NoMemoryError)',
    ],
    [
      'PHP Fatal error:  Allowed memory size of 8388608 bytes exhausted (tried to',
      'Allowed memory size of 8388608 bytes exhausted',
    ],
    ['Out of memory!\n', 'Out of memory!'],
    ['m: Heap exhausted;\n', 'Heap exhausted'],
    ['Error: cannot allocate vector of size 7.6 Mb\n', 'cannot allocate vector of size 7.6 Mb'],
    ['lua5.3: not enough memory\n', 'lua5.3: not enough memory'],
    ['System.OutOfMemoryException: Insufficient memory\n', 'System.OutOfMemoryException'],
    ['Runtime error 203 at $0000000000418DC7\n', 'Runtime error 203'],
    [
      'bash: xrealloc: cannot allocate 16777344 bytes\n',
      'xrealloc: cannot allocate 16777344 bytes',
    ],
    [
      'cc1: out of memory allocating 8454128 bytes after a total of 11943936 bytes\n',
      'out of memory allocating 8454128 bytes',
    ],
    ['sbrk: Cannot allocate memory\n', 'Cannot allocate memory'],
  ])('%j', (text, message) => {
    const reported = { limit: 'memory', message }
    expect(found(text)).toEqual(reported)
    expect(found('x'.repeat(1e6) + text)).toEqual(reported)
    expect(found(text + 'x'.repeat(1e6))).toEqual(reported)
  })

  test.each([
    '',
    'Killed',
    traceback('raise MemoryError'),
    traceback('raise MemoryError', '    ^^^^^^^^^^^^^^^^^\n'),
    'MemoryError\n',
    'Exception in thread "main" java.lang.OutOfMemoryError\n\tat M.main(M.java:1)\n',
    'java.lang.StackOverflowError\n',
    'Error: not enough memory cells\n',
  ])('but not in %j', (text) => {
    expect(found(text)).toBeUndefined()
  })
})

describe('the report of another limit on stderr is found', () => {
  test.each([
    ['OSError: [Errno 28] No space left on device\n', 'disk', 'No space left on device'],
    ["OSError: [Errno 24] Too many open files: 'f253'\n", 'openFiles', 'Too many open files'],
    ["RuntimeError: can't start new thread\n", 'processes', "can't start new thread"],
    [
      'java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory\n',
      'processes',
      'unable to create native thread',
    ],
    ['sh: 1: Cannot fork\n', 'processes', 'Cannot fork'],
    [
      'bash: fork: retry: Resource temporarily unavailable\n',
      'processes',
      'Resource temporarily unavailable',
    ],
    [
      '    os.fork()\nBlockingIOError: [Errno 11] Resource temporarily unavailable\n',
      'processes',
      'Resource temporarily unavailable',
    ],
  ])('%j', (text, limit, message) => {
    expect(found(text)).toEqual({ limit, message })
  })

  test('but not where a descriptor is not ready', () => {
    expect(
      found('    os.read(0, 1)\nBlockingIOError: [Errno 11] Resource temporarily unavailable\n'),
    ).toBeUndefined()
  })
})

describe('the reason and the student’s sentence name a limit that was reached', () => {
  const limits = { diskBytes: 256 << 20, openFiles: 256, processes: 64 }
  const failed = { waitStatus: exitStatus(1), limits }

  test.each([
    ['disk', 'No space left on device', 'and the disk limit is 256 MiB'],
    ['openFiles', 'Too many open files', 'and the limit openFiles is 256'],
    ['processes', 'Cannot fork', 'and the limit of processes and threads is 64'],
  ] as const)('%s, by the program’s report', (limit, message, bound) => {
    const run = judge(evidence({ ...failed, reported: { limit, message } }))
    expect(run.reason).toBe(`exited with code 1; its stderr reports "${message}", ${bound}`)
  })

  test('no limit that the run did not have', () => {
    const reported = { limit: 'disk', message: 'No space left on device' } as const
    expect(judge(evidence({ ...failed, limits: {}, reported })).reason).toBe('exited with code 1')
  })

  test('processes, by the number that Gradebox saw', () => {
    const many = { ...failed, ...used({ peakProcesses: 64 }) }
    const words = '; it had 64 processes at once, and the limit is 64'
    expect(judge(evidence(many)).reason).toBe(`exited with code 1${words}`)
    const late = evidence({
      ...many,
      limits: { ...limits, wallTimeMs: 2000 },
      walltimeReached: true,
      ...used({ peakProcesses: 64, wallTimeMs: 2000, waitTimeMs: 1900 }),
    })
    const run = judge(late)
    expect(run.reason).toBe(`ran longer than the walltime limit of 2 s${words}`)
    const student = { ...run, usage: late.usage, limits: late.limits }
    expect(feedbackFor(student)).toBe(
      'Your program did not stop within 2 s. It ran 64 processes at the same time; more are not allowed.',
    )
    expect(feedbackFor(student, { language: 'de' })).toContain('64 Prozesse gleichzeitig')
    expect(feedbackFor(student, { language: 'es' })).toContain('64 procesos a la vez')
  })

  test('not the processes of a program that succeeded', () => {
    const run = judge(evidence({ limits, ...used({ peakProcesses: 64 }) }))
    expect(run.reason).toBe('exited with code 0')
    expect(feedbackFor({ ...run, usage: { ...evidence().usage, peakProcesses: 64 }, limits })).toBe(
      'Your program ended normally.',
    )
  })
})

describe('the reason of a failed run', () => {
  const message = 'JavaScript heap out of memory'

  test('quotes the report, and says how far the memory limit was', () => {
    const run = judge(
      evidence({ waitStatus: exitStatus(134), reported: { limit: 'memory', message } }),
    )
    expect(run.status).toBe('exited')
    expect(run.reason).toBe(
      `exited with code 134; its stderr reports a failed allocation, "${message}"; it had used 1.5 MiB of memory, and the limit is 64 MiB`,
    )
  })

  test('names the request that the kernel refused instead, if there was one', () => {
    const run = judge(
      evidence({ waitStatus: 6, reported: { limit: 'memory', message }, refusedBytes: 1n << 50n }),
    )
    expect(run.reason).toBe(
      'killed by SIGABRT (abort); before that, an allocation of 1024 TiB failed: the memory limit is 64 MiB',
    )
  })

  test('has no limit where there is none', () => {
    const run = judge(
      evidence({ waitStatus: exitStatus(1), reported: { limit: 'memory', message }, limits: {} }),
    )
    expect(run.reason).toBe(
      `exited with code 1; its stderr reports a failed allocation, "${message}"; it had used 1.5 MiB of memory`,
    )
  })

  test('does not quote it where the program succeeded', () => {
    expect(judge(evidence({ reported: { limit: 'memory', message } })).reason).toBe(
      'exited with code 0',
    )
  })
})
