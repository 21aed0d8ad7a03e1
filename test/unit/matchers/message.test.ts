import * as utils from 'jest-matcher-utils'
import { expect, test } from 'vitest'
import { matchers } from '../../../src/matchers/index.ts'
import { tail } from '../../../src/print/tail.ts'
import { visible } from '../../../src/units/visible.ts'
import { exited, fabricate, messageOf } from './fabricated.ts'

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}\n`).join('')

test('the last ten lines of long output are shown, with a note that there are more', () => {
  expect(tail('stdout', lines(25))).toMatchInlineSnapshot(`
    "stdout (last 10 of 25 lines):
      line 16
      line 17
      line 18
      line 19
      line 20
      line 21
      line 22
      line 23
      line 24
      line 25"
  `)
})

test('the beginning and the end of long lines are shown, with their length', () => {
  const line = `${'a'.repeat(2000)}${'z'.repeat(3000)}`
  expect(tail('stderr', `first\n${line}`)).toBe(
    `stderr:\n  first\n  ${'a'.repeat(120)}… (5000 characters) …${'z'.repeat(120)}`,
  )
})

test('empty lines count as lines', () => {
  expect(tail('stdout', '\n\na')).toBe('stdout:\n  \n  \n  a')
  expect(tail('stdout', '\n'.repeat(12))).toMatch(/^stdout \(last 10 of 12 lines\):(\n {2}){10}$/)
})

test('output that fits is shown whole, and empty output is called empty', () => {
  expect(tail('stdout', lines(10))).toMatch(/^stdout:\n {2}line 1\n/)
  expect(tail('stdout', Buffer.from('bytes'))).toBe('stdout:\n  bytes')
  expect(tail('stdout', '')).toBe('stdout:  empty')
  expect(tail('stdout', '\n')).toBe('stdout:\n  ')
})

test('control characters are made visible, so that a program cannot forge a message', () => {
  expect(visible('\u001b[2J\0\r\t\n\u007f\u0085\u202e\ud800é😀')).toBe(
    '\\e[2J\\0\\r\t\n\\x7f\\x85\\u202e\\ud800é😀',
  )
  const run = exited(1, { stdout: '\u001b[1A\u001b[2KPASS', command: './a\u001b[2K' })
  const message = messageOf(() => expect(run).toSucceed())
  expect(message).toContain('stdout:\n  \\e[1A\\e[2KPASS')
  expect(message).toContain('command: "./a\\u001b[2K"')
})

test('a pattern does not match bytes beyond the length of a string, and the failure shows their end', () => {
  // Pages that no process writes to take no memory.
  const bytes = Buffer.alloc(600 << 20)
  expect(messageOf(() => expect(fabricate({ stdout: bytes })).toHaveStdout(/0/))).toBe(
    [
      'expect(run).toHaveStdout(/0/)',
      '',
      'Matcher error: 600 MiB are more than a text can hold (512 MiB), so they cannot be matched as one: compare the bytes themselves',
    ].join('\n'),
  )
  expect(tail('stdout', bytes)).toMatch(
    /^stdout \(the end of 629145600 bytes\):\n {2}(\\0)+… \(1048576 characters\) …(\\0)+$/,
  )
})

test("Jest's helpers give the same message", () => {
  const context = { isNot: false, promise: 'resolves', utils }
  const result = matchers.toHaveStdout.call(context, fabricate({ stdout: '2\n' }), '3\n')
  expect(messageOf(() => expect.fail(result.message()))).toMatchInlineSnapshot(`
    "expect(run).resolves.toHaveStdout("3\\n")

    Expected: stdout "3\\n"
    Received: "2\\n"

    - Expected
    + Received

    - 3
    + 2

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:
      2
    stderr:  empty"
  `)
})
