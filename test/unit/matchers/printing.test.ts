import { stripVTControlCharacters } from 'node:util'
import { diff } from 'jest-matcher-utils'
import { expect, test } from 'vitest'
import { exited, fabricate, killed } from './fabricated.ts'

test('a snapshot of a result has only values that are the same every time', () => {
  const files = { 'out.txt': Buffer.from('3') }
  const args = ['--fast']
  expect({ run: fabricate({ args, stdout: '3\n', files }) }).toMatchInlineSnapshot(`
    {
      "run": SandboxResult {
        "command": [
          "./a.out",
          "--fast",
        ],
        "exitCode": 0,
        "files": [
          "out.txt",
        ],
        "status": "exited",
        "stderr": "",
        "stdout": "3
    ",
      },
    }
  `)
  const syscall = {
    name: 'socket',
    args: [2, 1],
    text: 'socket(AF_INET, SOCK_STREAM)',
    arch: 'x86_64',
  } as const
  expect(killed('seccomp', 'no sockets', { signal: 'SIGSYS', syscall })).toMatchInlineSnapshot(`
    SandboxResult {
      "command": [
        "./a.out",
      ],
      "signal": "SIGSYS",
      "status": "seccomp",
      "stderr": "",
      "stdout": "",
      "syscall": "socket",
    }
  `)
})

test('in a diff a result is short', () => {
  const run = exited(1, { stderr: 'oops\n', args: ['3'] })
  const shown = diff({ run: 3 }, { run }) ?? ''
  expect(stripVTControlCharacters(shown)).toMatchInlineSnapshot(`
    "- Expected
    + Received

      Object {
    -   "run": 3,
    +   "run": Object {
    +     "command": Array [
    +       "./a.out",
    +       "3",
    +     ],
    +     "exitCode": 1,
    +     "reason": "the program exited with code 1",
    +     "status": "exited",
    +     "stderr": "oops
    + ",
    +     "stdout": "",
    +   },
      }"
  `)
  const long = diff({ run: 3 }, { run: exited(1, { stdout: 'x'.repeat(5000) }) }) ?? ''
  expect(long).toContain('x… (5000 characters) …x')
  expect(long.length).toBeLessThan(2000)
  const bytes = diff({ run: 3 }, { run: exited(1, { stdout: Buffer.alloc(6000, '€') }) }) ?? ''
  expect(bytes).toContain('€… (6000 bytes) …€')
  expect(bytes).not.toContain('\uFFFD')
})

test('a result as JSON is complete, with a denied call’s arguments as text', () => {
  const syscall = {
    name: 'mmap',
    args: [2, 2n ** 63n],
    text: 'mmap(…)',
    arch: 'x86_64',
  } as const
  const run = killed('seccomp', 'no sockets', { syscall, stdout: 'x'.repeat(5000) })
  expect(JSON.parse(JSON.stringify({ run })).run).toEqual({
    ...run,
    syscall: { ...syscall, args: ['0x2', '0x8000000000000000'] },
  })
})
