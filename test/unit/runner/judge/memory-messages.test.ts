import { describe, expect, test } from 'vitest'
import { memoryMessage } from '../../../../src/runner/judge/memory-messages.ts'
import { judge } from '../../../../src/runner/judge/verdict.ts'
import { evidence, exitStatus } from './evidence.ts'

const found = (text: string) => memoryMessage(Buffer.from(text))
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
    ['-e: failed to allocate memory (NoMemoryError)\n', 'failed to allocate memory (NoMemoryError)'],
    [
      'PHP Fatal error:  Allowed memory size of 8388608 bytes exhausted (tried to',
      'Allowed memory size of 8388608 bytes exhausted',
    ],
    ['Out of memory!\n', 'Out of memory!'],
    ['m: Heap exhausted;\n', 'Heap exhausted'],
    [
      'Error: cannot allocate vector of size 7.6 Mb\n',
      'cannot allocate vector of size 7.6 Mb',
    ],
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
    expect(found(text)).toBe(message)
    expect(found('x'.repeat(1e6) + text)).toBe(message)
    expect(found(text + 'x'.repeat(1e6))).toBe(message)
  })

  test.each([
    '',
    'Killed',
    traceback('raise MemoryError'),
    traceback('raise MemoryError', '    ^^^^^^^^^^^^^^^^^\n'),
    'MemoryError\n',
    'Exception in thread "main" java.lang.OutOfMemoryError\n\tat M.main(M.java:1)\n',
    'java.lang.OutOfMemoryError: unable to create native thread\n',
    'java.lang.StackOverflowError\n',
    'Error: not enough memory cells\n',
  ])('but not in %j', (text) => {
    expect(found(text)).toBeUndefined()
  })
})

describe('the reason of a failed run', () => {
  const message = 'JavaScript heap out of memory'

  test('quotes the report, and says how far the memory limit was', () => {
    const run = judge(evidence({ waitStatus: exitStatus(134), memoryMessage: message }))
    expect(run.status).toBe('exited')
    expect(run.reason).toBe(
      `exited with code 134; its stderr reports a failed allocation, "${message}"; it had used 1.5 MiB of memory, and the limit is 64 MiB`,
    )
  })

  test('names the request that the kernel refused instead, if there was one', () => {
    const run = judge(
      evidence({ waitStatus: 6, memoryMessage: message, refusedBytes: 1n << 50n }),
    )
    expect(run.reason).toBe(
      'killed by SIGABRT (abort); before that, an allocation of 1024 TiB failed: the memory limit is 64 MiB',
    )
  })

  test('has no limit where there is none', () => {
    const run = judge(
      evidence({ waitStatus: exitStatus(1), memoryMessage: message, limits: {} }),
    )
    expect(run.reason).toBe(
      `exited with code 1; its stderr reports a failed allocation, "${message}"; it had used 1.5 MiB of memory`,
    )
  })

  test('does not quote it where the program succeeded', () => {
    expect(judge(evidence({ memoryMessage: message })).reason).toBe('exited with code 0')
  })
})
