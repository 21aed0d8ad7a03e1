import { closeSync, openSync, readSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type ExecAttempt,
  execError,
  interpreterOf,
} from '../../../../src/runner/judge/exec-failure.ts'
import type { Lookup } from '../../../../src/runner/judge/sandbox-view.ts'

const [ENOENT, E2BIG, ENOEXEC, EACCES, ENOTDIR, ELOOP, EPERM] = [2, 7, 8, 13, 20, 40, 1]

const attempt = (path: string, errno: number, head: string | Uint8Array = ''): ExecAttempt => ({
  kind: 'exec',
  path,
  result: -errno,
  access: errno === ENOENT && head === '' ? -ENOENT : 0,
  head: typeof head === 'string' ? Buffer.from(head.padEnd(1024, '\0')) : head,
})

const nothing = { lookUp: () => ({ exists: false }) }

const errorOf = (
  command: string,
  attempts: readonly ExecAttempt[],
  env: Record<string, string> = {},
  view: { lookUp: (path: string) => Lookup } = nothing,
) => execError({ command, env, view, hostPath: '/nonexistent' }, attempts)

const message = (command: string, attempts: readonly ExecAttempt[], env = {}): string =>
  errorOf(command, attempts, env).message

describe('a program that does not exist', () => {
  test('was searched in the sandbox’s PATH', () => {
    const attempts = [attempt('/usr/bin/jq', ENOENT), attempt('/bin/jq', ENOENT)]
    const error = errorOf('jq', attempts, { PATH: '/usr/bin:/bin' })
    expect(error.code).toBe('PROGRAM_NOT_FOUND')
    expect(error.step).toEqual({
      syscall: 'execve',
      call: 'execve("/bin/jq")',
      errno: 'ENOENT',
      process: 'target',
    })
    expect(error.message).toMatchInlineSnapshot(`
      "The program "jq" was not found in the sandbox's PATH (/usr/bin:/bin)
        hint: A program of the working directory is run as "./name"; mount the files that the policy's mounts do not show.
        see: docs/errors.md#program_not_found"
    `)
    expect(message('jq', attempts)).toMatch("in the sandbox's PATH (not set)")
  })

  test('is a path of the sandbox when it has a slash', () => {
    expect(message('./a.out', [attempt('./a.out', ENOENT)])).toMatchInlineSnapshot(`
      "The program "./a.out" was not found
        hint: A relative path is relative to \`cwd\`; an absolute path is a path of the sandbox. The sandbox shows the host directory \`workdir\` at /work, or at its target.
        see: docs/errors.md#program_not_found"
    `)
  })
})

describe('the message advises on', () => {
  const at = (path: string) => [attempt(path, ENOENT)]

  test.each([
    ['python3 main.py', 'sandboxed("python3", ["main.py"])'],
    ['./a.out  -x "y', 'sandboxed("./a.out", ["-x", "\\"y"])'],
  ])('a command line in place of a command: %s', (command, call) => {
    expect(errorOf(command, at(command)).hint).toBe(
      `Arguments go in an array, and no shell splits the command: ${call}.`,
    )
  })

  test('a name that the sandbox has in another form', () => {
    const view = { lookUp: (path: string) => ({ exists: path === '/usr/bin/python3' }) }
    const { hint } = errorOf('python', at('/usr/bin/python'), { PATH: '/usr/bin' }, view)
    expect(hint).toBe('The sandbox has python3: run "python3".')
  })

  test('a link that leads out of the sandbox', () => {
    const leadsTo = (target: string) => ({
      lookUp: (path: string) => ({ exists: false, link: { path, target } }),
    })
    const error = (target: string) =>
      errorOf('./venv/bin/python', at('./venv/bin/python'), {}, leadsTo(target))
    expect(error('/nonexistent/bin/python3.12').message).toMatchInlineSnapshot(`
      "The program "./venv/bin/python" was not found: "./venv/bin/python" is a link to "/nonexistent/bin/python3.12", which is not in the sandbox
        hint: This machine does not have it either: make the environment again on this machine, without links (python3 -m venv --copies), or correct the link.
        see: docs/errors.md#program_not_found"
    `)
    expect(error(process.execPath).message.replaceAll(process.execPath, 'NODE')).toContain(
      '"./venv/bin/python" is a link to "NODE", which is not in the sandbox',
    )
  })

  test('a program of the host', () => {
    const error = execError(
      { command: 'sh', env: { PATH: '/opt' }, view: nothing, hostPath: '/nonexistent:/bin' },
      at('/opt/sh'),
    )
    expect(error.hint).toBe(
      'The host has "/bin/sh", and the sandbox does not show it: mount its directory (mounts: [{ source: "/bin", target: "/bin" }]), and add "/bin" to PATH in `env`.',
    )
    expect(errorOf('/bin/sh', at('/bin/sh')).hint).toBe(
      'The host has it, and the sandbox does not show it: mount its directory (mounts: [{ source: "/bin", target: "/bin" }]).',
    )
  })
})

describe('a program that exists', () => {
  test.each([
    [EACCES, 'EACCES'],
    [ENOEXEC, 'ENOEXEC'],
    [E2BIG, 'E2BIG'],
    [ENOTDIR, 'ENOTDIR'],
    [ELOOP, 'ELOOP'],
    [EPERM, 'EPERM'],
  ])('but cannot be executed causes error %d: %s', (errno, name) => {
    const error = errorOf('./run.sh', [attempt('./run.sh', errno)], {})
    expect(error.code).toBe('PROGRAM_NOT_EXECUTABLE')
    expect(error.step?.errno).toBe(name)
    expect(error.message).toMatchSnapshot()
  })

  test('lacks its interpreter', () => {
    const script = attempt('./main.py', ENOENT, '#!/usr/bin/python2 -u\nprint 1\n')
    expect(errorOf('./main.py', [script], {}).code).toBe('PROGRAM_NOT_EXECUTABLE')
    expect(message('./main.py', [script])).toMatchInlineSnapshot(`
      "The program "./main.py" cannot be executed: its interpreter "/usr/bin/python2" does not exist in the sandbox
        hint: Correct the program's first line (or link it for this system), or mount the interpreter.
        see: docs/errors.md#program_not_executable"
    `)
  })

  test('lacks its interpreter because of a carriage return', () => {
    const script = attempt('./run.sh', ENOENT, '#!/bin/sh\r\necho hi\r\n')
    expect(message('./run.sh', [script])).toMatchInlineSnapshot(`
      "The program "./run.sh" cannot be executed: its interpreter "/bin/sh\\r" does not exist in the sandbox
        hint: Its first line ends in a carriage return: save it with Unix line ends.
        see: docs/errors.md#program_not_executable"
    `)
  })

  test('lacks an unknown interpreter', () => {
    const program: ExecAttempt = { ...attempt('./a.out', ENOENT), access: 0 }
    expect(message('./a.out', [program])).toMatchInlineSnapshot(`
      "The program "./a.out" cannot be executed: its interpreter does not exist in the sandbox
        hint: Correct the program's first line (or link it for this system), or mount the interpreter.
        see: docs/errors.md#program_not_executable"
    `)
  })

  test('is the program in the message, whatever other places were searched', () => {
    const attempts = [
      attempt('/usr/local/bin/tool', ENOENT),
      attempt('/usr/bin/tool', EACCES),
      attempt('/bin/tool', ENOENT),
    ]
    expect(errorOf('tool', attempts, {}).step?.call).toBe('execve("/usr/bin/tool")')
  })

  test('may be behind a directory that cannot be entered', () => {
    const hidden: ExecAttempt = { ...attempt('/root/tool', EACCES), access: -EACCES }
    const error = errorOf('tool', [attempt('/bin/tool', ENOENT), hidden], {})
    expect(error.step).toMatchObject({ call: 'execve("/root/tool")', errno: 'EACCES' })
  })
})

describe('an interpreter', () => {
  const of = (head: string | Uint8Array) =>
    interpreterOf(typeof head === 'string' ? Buffer.from(head) : head)

  test.each([
    ['#!/bin/sh\necho', '/bin/sh'],
    ['#! \t/usr/bin/env python3\n', '/usr/bin/env'],
    ['#!/bin/sh -e', '/bin/sh'],
    ['#!/bin/sh\r\n', '/bin/sh\r'],
    ['#!/opt/jé/bin\n', '/opt/jé/bin'],
    ['#!relative', 'relative'],
    ['#!\n', undefined],
    ['#!', undefined],
    ['#', undefined],
    ['', undefined],
    ['echo hi\n', undefined],
  ])('of the script %j is %j', (head, interpreter) => {
    expect(of(head)).toBe(interpreter)
  })

  test('of an ELF program is its PT_INTERP', () => {
    const head = Buffer.alloc(1024)
    const fd = openSync('/bin/true', 'r')
    readSync(fd, head)
    closeSync(fd)
    expect(of(head)).toMatch(/^\/.*ld.*\.so/)
  })

  test('of a static program is none', () => {
    expect(of(elf([]))).toBeUndefined()
    expect(of(elf([{ type: 1, offset: 0 }]))).toBeUndefined()
  })

  test('of an ELF program is read at the place that its header names', () => {
    expect(
      of(
        elf(
          [
            { type: 1, offset: 0 },
            { type: 3, offset: 512 },
          ],
          '/lib/ld.so',
        ),
      ),
    ).toBe('/lib/ld.so')
  })

  test.each([
    ['its path is cut off', elf([{ type: 3, offset: 1020 }], '/lib/ld.so')],
    ['its path lies behind the bytes that were read', elf([{ type: 3, offset: 5000 }])],
    ['its headers lie behind them', elf([{ type: 3, offset: 512 }], '', 2000)],
    ['its headers are nowhere', elf([{ type: 3, offset: 512 }], '', 2n ** 64n - 1n)],
    ['its path is nowhere', elf([{ type: 3, offset: 2n ** 64n - 1n }])],
    ['it is cut short', elf([{ type: 3, offset: 512 }]).subarray(0, 63)],
  ])('is none when %s', (_, head) => {
    expect(of(head)).toBeUndefined()
  })

  test('reads any bytes without an error', () => {
    for (let seed = 0; seed < 2000; seed++) {
      const junk = Buffer.alloc(seed % 200)
      for (let index = 0; index < junk.length; index++) {
        junk[index] = Math.imul(seed * 2654435761 + index, 40503) >>> 11
      }
      const starts = ['', '\x7fELF', '#!']
      junk.write(starts[seed % 3] ?? '', 'latin1')
      expect(() => of(junk)).not.toThrow()
      const whole = Buffer.alloc(1024, junk.length === 0 ? Buffer.from([seed]) : junk)
      expect(() => of(whole)).not.toThrow()
    }
  })
})

interface Header {
  readonly type: number
  readonly offset: number | bigint
}

/** The first kilobyte of an ELF file with these program headers. `path` stands where the header of type 3 says. */
function elf(headers: readonly Header[], path = '', table: number | bigint = 64): Buffer {
  const head = Buffer.alloc(1024)
  head.write('\x7fELF', 'latin1')
  head.writeBigUInt64LE(BigInt(table), 32)
  head.writeUInt16LE(headers.length, 56)
  headers.forEach(({ type, offset }, index) => {
    head.writeUInt32LE(type, 64 + index * 56)
    head.writeBigUInt64LE(BigInt(offset), 64 + index * 56 + 8)
    if (type === 3 && offset < 1024) head.write(path, Number(offset))
  })
  return head
}
