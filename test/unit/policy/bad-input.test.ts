import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadPolicy } from '../../../src/policy/load.ts'

const directory = fileURLToPath(new URL('../../../fixtures/policies/bad', import.meta.url))

function refusal(path: string): string {
  try {
    loadPolicy(path)
  } catch (error) {
    if (error instanceof Error) return error.message.replaceAll(dirname(path), '/srv')
  }
  throw new Error('Expected an error')
}

const fixture = (name: string): string => refusal(join(directory, name))

function written(contents: string | Uint8Array): string {
  const made = mkdtempSync(join(tmpdir(), 'gradebox-bad-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  const path = join(made, 'p.toml')
  writeFileSync(path, contents)
  return path
}

test('an empty file is a policy that shows nothing of the host', () => {
  expect(loadPolicy(join(directory, 'empty.toml'))).toMatchObject({ mounts: [], env: {} })
})

describe('a file that is not a policy is refused', () => {
  test('because it is binary', () => {
    const elf = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
    expect(refusal(written(elf))).toMatchInlineSnapshot(
      `
      "Invalid policy /srv/p.toml: expected text, got a NUL byte at offset 7: is it a policy?
        see: docs/errors.md#policy_invalid"
    `,
    )
    const latin1 = new Uint8Array([0x61, 0x20, 0x3d, 0xff, 0xfe])
    expect(refusal(written(latin1))).toMatchInlineSnapshot(
      `
      "Invalid policy /srv/p.toml: expected text in UTF-8: is it a policy?
        see: docs/errors.md#policy_invalid"
    `,
    )
  })

  test('because it is much too large', () => {
    expect(refusal(written(`# ${'x'.repeat(5_000_000)}`))).toMatchInlineSnapshot(
      `
      "Invalid policy /srv/p.toml: expected at most 1048576 bytes, got 5000002: is it a policy?
        see: docs/errors.md#policy_invalid"
    `,
    )
  })

  test('in full, within the time of a test, however much of it is wrong', () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `K${index} = ${index}`)
    const path = written(`[env]\n${lines.join('\n')}`)
    const message = refusal(path).split('\n')
    expect(message.slice(0, 5).join('\n')).toMatchInlineSnapshot(`
      "Invalid policy, 40000 problems:
        /srv/p.toml:2:6: env.K0: expected text, got 0
            1 | [env]
          > 2 | K0 = 0
              |      ^"
    `)
    expect(message.slice(-2)).toEqual([
      '  and 39990 more problems',
      '  see: docs/errors.md#policy_invalid',
    ])
  })

  test('however deeply it is nested', () => {
    expect(refusal(written(`a = ${'['.repeat(100_000)}`))).toMatchInlineSnapshot(`
      "Invalid policy /srv/p.toml:1:1005: document contains excessively nested structures. aborting.
        > 1 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
            |                                                  ^
        see: docs/errors.md#policy_invalid"
    `)
  })
})

describe('a policy is refused', () => {
  test('for values of the wrong type', () => {
    expect(fixture('wrong-types.toml')).toMatchInlineSnapshot(`
      "Invalid policy, 9 problems:
        /srv/wrong-types.toml:1:15: description: expected text, got 5
          > 1 | description = 5
              |               ^
            2 | share_net = "yes"
        /srv/wrong-types.toml:2:13: share_net: expected true or false, got "yes"
            1 | description = 5
          > 2 | share_net = "yes"
              |             ^
            3 | uid = 1.5
        /srv/wrong-types.toml:3:7: uid: expected a whole number from 0 to 4294967294, got 1.5
            2 | share_net = "yes"
          > 3 | uid = 1.5
              |       ^
            4 | mounts = { source = "/usr", target = "/usr" }
        /srv/wrong-types.toml:4:10: mounts: expected a list of mounts, got a table
            3 | uid = 1.5
          > 4 | mounts = { source = "/usr", target = "/usr" }
              |          ^
            5 | files = [{ target = "/a", contents = ["x"] }]
        /srv/wrong-types.toml:5:38: files[0].contents: expected text or bytes, got a list
            4 | mounts = { source = "/usr", target = "/usr" }
          > 5 | files = [{ target = "/a", contents = ["x"] }]
              |                                      ^
            6 | share_env = "HOME"
        /srv/wrong-types.toml:6:13: share_env: expected a list of variables, got "HOME"
            5 | files = [{ target = "/a", contents = ["x"] }]
          > 6 | share_env = "HOME"
              |             ^
            7 |
        /srv/wrong-types.toml:9:9: env.DEBUG: expected text, got true
             8 | [env]
          >  9 | DEBUG = true
               |         ^
            10 |
        /srv/wrong-types.toml:12:10: limits.memory: expected a number, or text with a unit, got a list
            11 | [limits]
          > 12 | memory = ["64MiB"]
               |          ^
            13 |
        /srv/wrong-types.toml:15:12: seccomp.syscalls: expected a list of system calls and groups, got "read"
            14 | [seccomp]
          > 15 | syscalls = "read"
               |            ^
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('for negative and huge numbers', () => {
    expect(fixture('numbers.toml')).toMatchInlineSnapshot(`
      "Invalid policy, 8 problems:
        /srv/numbers.toml:1:7: uid: expected a whole number from 0 to 4294967294, got -1
          > 1 | uid = -1
              |       ^
            2 |
        /srv/numbers.toml:4:12: limits.walltime: expected a duration above 0: whole seconds, text such as "1.5s", or "unlimited", got -1
            3 | [limits]
          > 4 | walltime = -1
              |            ^
            5 | cpu = 1e400
        /srv/numbers.toml:5:7: limits.cpu: expected a duration above 0: whole seconds, text such as "1.5s", or "unlimited", got Infinity
            4 | walltime = -1
          > 5 | cpu = 1e400
              |       ^
            6 | memory = "-64MiB"
        /srv/numbers.toml:6:10: limits.memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got "-64MiB"
            5 | cpu = 1e400
          > 6 | memory = "-64MiB"
              |          ^
            7 | disk = 0.5
        /srv/numbers.toml:7:8: limits.disk: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got 0.5
            6 | memory = "-64MiB"
          > 7 | disk = 0.5
              |        ^
            8 | stack = "99999999999TiB"
        /srv/numbers.toml:8:9: limits.stack: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got "99999999999TiB"
            7 | disk = 0.5
          > 8 | stack = "99999999999TiB"
              |         ^
            9 | processes = 0
        /srv/numbers.toml:9:13: limits.processes: expected a whole number from 1 to 2147483647, or "unlimited", got 0
             8 | stack = "99999999999TiB"
          >  9 | processes = 0
               |             ^
            10 | openFiles = 3000000000
        /srv/numbers.toml:10:13: limits.openFiles: expected a whole number from 1 to 2147483647, or "unlimited", got 3000000000
             9 | processes = 0
          > 10 | openFiles = 3000000000
               |             ^
        see: docs/errors.md#policy_invalid"
    `)
    expect(fixture('not-a-number.toml')).toMatchInlineSnapshot(`
      "Invalid policy /srv/not-a-number.toml:2:12: limits.fileSize: expected a number, or text with a unit, got NaN
          1 | [limits]
        > 2 | fileSize = nan
            |            ^
        see: docs/errors.md#policy_invalid"
    `)
    expect(fixture('ids.toml')).toMatchInlineSnapshot(`
      "Invalid policy, 2 problems:
        /srv/ids.toml:1:7: uid: expected a whole number from 0 to 4294967294, got -5
          > 1 | uid = -5
              |       ^
            2 | gid = 99999999999
        /srv/ids.toml:2:7: gid: expected a whole number from 0 to 4294967294, got 99999999999
            1 | uid = -5
          > 2 | gid = 99999999999
              |       ^
        see: docs/errors.md#policy_invalid"
    `)
    expect(fixture('too-large-integer.toml')).toMatchInlineSnapshot(`
      "Invalid policy /srv/too-large-integer.toml:4:10: integer value cannot be represented losslessly
          3 | [limits]
        > 4 | memory = 12345678901234567890
            |          ^
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('for an unknown unit', () => {
    expect(fixture('units.toml')).toMatchInlineSnapshot(`
      "Invalid policy, 2 problems:
        /srv/units.toml:2:10: limits.memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got "1.5 gigs"
            1 | [limits]
          > 2 | memory = "1.5 gigs"
              |          ^
            3 | walltime = "10 parsecs"
        /srv/units.toml:3:12: limits.walltime: expected a duration above 0: whole seconds, text such as "1.5s", or "unlimited", got "10 parsecs"
            2 | memory = "1.5 gigs"
          > 3 | walltime = "10 parsecs"
              |            ^
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('but not for a blank before a unit', () => {
    const path = written('limits = { memory = "1.5 GB" }')
    expect(loadPolicy(path).limits).toEqual({ memoryBytes: 1_500_000_000 })
  })

  test('for a duplicate key', () => {
    expect(fixture('duplicate-keys.toml')).toMatchInlineSnapshot(`
      "Invalid policy /srv/duplicate-keys.toml:6:1: trying to redefine an already defined table or value
          5 | walltime = 5
        > 6 | cpu = 2
            | ^
        see: docs/errors.md#policy_invalid"
    `)
    expect(fixture('duplicate-tables.toml')).toMatchInlineSnapshot(`
      "Invalid policy /srv/duplicate-tables.toml:7:2: trying to redefine an already defined table or value
          6 |
        > 7 | [env]
            |  ^
          8 | B = "2"
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('for an unknown system call', () => {
    expect(fixture('unknown-syscall.toml')).toMatchInlineSnapshot(`
      "Invalid policy /srv/unknown-syscall.toml:5:3: seccomp.syscalls[1]: unknown system call "sokcet"; did you mean "socket"?
          4 |   "ptrace",
        > 5 |   "sokcet", # a slip
            |   ^
          6 | ]
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('for targets that are not valid paths in the sandbox', () => {
    expect(fixture('targets.toml')).toMatchInlineSnapshot(`
      "Invalid policy, 6 problems:
        /srv/targets.toml:2:31: mounts[0].target: expected a path below "/", got "/"
            1 | mounts = [
          > 2 |   { source = "/usr", target = "/" },
              |                               ^
            3 |   { source = "/usr", target = "usr" },
        /srv/targets.toml:3:31: mounts[1].target: expected an absolute path, got "usr"
            2 |   { source = "/usr", target = "/" },
          > 3 |   { source = "/usr", target = "usr" },
              |                               ^
            4 |   { source = "/usr", target = "/a/../usr" },
        /srv/targets.toml:4:31: mounts[2].target: expected a path without "..", got "/a/../usr"
            3 |   { source = "/usr", target = "usr" },
          > 4 |   { source = "/usr", target = "/a/../usr" },
              |                               ^
            5 |   { target = "/tmp/./..", fstype = "tmpfs" },
        /srv/targets.toml:5:14: mounts[3].target: expected a path without "..", got "/tmp/./.."
            4 |   { source = "/usr", target = "/a/../usr" },
          > 5 |   { target = "/tmp/./..", fstype = "tmpfs" },
              |              ^
            6 |   { source = "/usr", target = "" },
        /srv/targets.toml:6:31: mounts[4].target: expected an absolute path, got ""
            5 |   { target = "/tmp/./..", fstype = "tmpfs" },
          > 6 |   { source = "/usr", target = "" },
              |                               ^
            7 | ]
        /srv/targets.toml:10:10: files[0].target: expected an absolute path, got "etc/passwd"
             9 | [[files]]
          > 10 | target = "etc/passwd"
               |          ^
            11 | contents = ""
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('when it extends itself through others', () => {
    expect(fixture('cycle-a.toml')).toMatchInlineSnapshot(`
      "Invalid policy /srv/cycle-b.toml:2:11: extends: the chain forms a circle: /srv/cycle-a.toml -> /srv/cycle-b.toml -> /srv/cycle-a.toml
          1 | description = "The other half."
        > 2 | extends = "./cycle-a.toml"
            |           ^
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('for an invalid template, and for a variable that is not set', () => {
    expect(fixture('template.toml')).toMatchInlineSnapshot(`
      "Invalid policy /srv/template.toml:4:8: not a template tag: got a character that no tag has, or a text without its closing quote
          3 | [env]
        > 4 | HOME = {{ os_env "HOME" }
            |        ^
        see: docs/errors.md#policy_invalid"
    `)
    expect(fixture('unset-variable.toml')).toMatchInlineSnapshot(`
      "Invalid policy /srv/unset-variable.toml:2:9: os_env: the environment variable "GRADEBOX_NO_SUCH_VARIABLE" is not set
          1 | [env]
        > 2 | TOKEN = {{ os_env "GRADEBOX_NO_SUCH_VARIABLE" }}
            |         ^
        see: docs/errors.md#policy_invalid"
    `)
  })
})

test('every bad policy of the fixtures is refused', () => {
  const names = readdirSync(directory).filter((name) => name.endsWith('.toml'))
  for (const name of names.filter((each) => each !== 'empty.toml')) {
    expect(() => loadPolicy(join(directory, name)), name).toThrow('Invalid policy')
  }
})
