import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadPolicy } from '../../../src/policy/load.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gradebox-policy-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function write(name: string, text: string): string {
  const path = join(directory, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

function refusal(path: string): string {
  try {
    loadPolicy(path)
  } catch (error) {
    if (error instanceof Error) return error.message.replaceAll(directory, '/srv')
  }
  throw new Error('Expected an error')
}

describe('a policy that extends another', () => {
  test('has the values of the other, except those that it sets itself', () => {
    write('base.toml', 'description = "base"\nuid = 5\ngid = 6\nproc = "pid"\nnetwork = "none"')
    const path = write('p.toml', 'extends = "./base.toml"\ngid = 7\nshare_net = true')
    expect(loadPolicy(path)).toMatchObject({
      name: path,
      description: 'base',
      uid: 5,
      gid: 7,
      proc: 'pid',
      network: 'host',
    })
  })

  test('adds to its tables key by key', () => {
    write('base.toml', 'env = { A = "1", B = "2" }\nlimits = { cpu = 1, as = 4096 }')
    const path = write(
      'p.toml',
      'extends = "base.toml"\nenv = { B = "3" }\nlimits = { addressSpace = "1MiB", core = 0 }',
    )
    expect(loadPolicy(path)).toMatchObject({
      env: { A: '1', B: '3' },
      limits: { cpuTimeMs: 1000, addressSpaceBytes: 1_048_576, coreBytes: 0 },
    })
  })

  test('replaces the mounts and files that have the same target, at their position', () => {
    write(
      'base.toml',
      `mounts = [{ source = "/a", target = "/x" }, { source = "/b", target = "/y" }]
files = [{ target = "/f", contents = "1" }, { target = "/g", contents = "2" }]`,
    )
    const path = write(
      'p.toml',
      `extends = "base.toml"
mounts = [{ type = "tmpfs", target = "/z" }, { source = "/c", target = "/x/", rw = true }]
files = [{ target = "/f", contents = "3" }]`,
    )
    const { mounts, files } = loadPolicy(path)
    expect(mounts).toEqual([
      { type: 'bind', source: '/c', target: '/x', writable: true, optional: false },
      { type: 'bind', source: '/b', target: '/y', writable: false, optional: false },
      { type: 'tmpfs', target: '/z' },
    ])
    expect(files).toEqual([
      { target: '/f', contents: '3' },
      { target: '/g', contents: '2' },
    ])
  })

  test('has its seccomp rules before those of the other', () => {
    write(
      'base.toml',
      `[seccomp]
default = "kill"
rules = [{ action = "allow", syscalls = ["@io", "execve"] }]`,
    )
    const path = write(
      'p.toml',
      `extends = "base.toml"
seccomp.rules = [{ action = "errno:EPERM", syscalls = ["read"] }]`,
    )
    expect(loadPolicy(path).seccomp).toEqual({
      default: 'kill',
      rules: [
        { action: 'errno:EPERM', syscalls: ['read'] },
        { action: 'allow', syscalls: ['@io', 'execve'] },
      ],
    })
    write('p.toml', 'extends = "base.toml"\nseccomp.default = "log"')
    expect(loadPolicy(path).seccomp?.default).toBe('log')
  })

  test('replaces all rules of the other with a list in hakoniwa’s form', () => {
    const path = write('p.toml', 'extends = "strict"\nseccomp.syscalls = ["execve", "write"]')
    expect(loadPolicy(path).seccomp).toEqual({
      default: 'kill',
      rules: [{ action: 'allow', syscalls: ['execve', 'write'] }],
    })
  })

  test('shares the variables of both', () => {
    write('base.toml', 'share_env = ["TERM", "LANG"]')
    const path = write('p.toml', 'extends = "base.toml"\nshare_env = ["LANG", "TZ"]')
    expect(loadPolicy(path).shareEnv).toEqual(['TERM', 'LANG', 'TZ'])
  })

  test('may be the third of a chain, each path relative to its own file', () => {
    write('a.toml', 'hostname = "a"\nuid = 1\ngid = 1')
    write('sub/b.toml', 'extends = "../a.toml"\nuid = 2')
    const path = write('c.toml', 'extends = "sub/b.toml"\ngid = 3')
    expect(loadPolicy(path)).toMatchObject({ hostname: 'a', uid: 2, gid: 3 })
  })

  test('is read again when the other has changed', () => {
    write('base.toml', 'hostname = "one"')
    const path = write('p.toml', 'extends = "base.toml"')
    const one = loadPolicy(path)
    expect(loadPolicy(path)).toBe(one)
    write('base.toml', 'hostname = "the-other"')
    expect(loadPolicy(path).hostname).toBe('the-other')
  })

  test('may be an object, whose bare times remain milliseconds', () => {
    const object = { extends: 'strict', limits: { walltime: 1500 } }
    expect(loadPolicy(object)).toMatchObject({
      hostname: 'gradebox',
      limits: { wallTimeMs: 1500, cpuTimeMs: 10_000 },
    })
    expect(loadPolicy(object)).toBe(loadPolicy(object))
  })
})

describe('a policy that extends another is refused', () => {
  test('when the chain forms a circle', () => {
    write('a.toml', 'extends = "b.toml"')
    write('b.toml', '# B\nextends = "./c.toml"')
    write('c.toml', 'extends = "a.toml"')
    expect(refusal(join(directory, 'a.toml'))).toMatchInlineSnapshot(`
      "Invalid policy /srv/c.toml:1:11: extends: the chain forms a circle: /srv/a.toml -> /srv/b.toml -> /srv/c.toml -> /srv/a.toml
        > 1 | extends = "a.toml"
            |           ^
        see: docs/errors.md#policy_invalid"
    `)
    expect(refusal(write('self.toml', 'extends = "self.toml"'))).toMatchInlineSnapshot(`
      "Invalid policy /srv/self.toml:1:11: extends: the chain forms a circle: /srv/self.toml -> /srv/self.toml
        > 1 | extends = "self.toml"
            |           ^
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('when the other is missing', () => {
    expect(refusal(write('p.toml', 'extends = "strikt"'))).toMatchInlineSnapshot(`
      "Invalid policy /srv/p.toml:1:11: extends: unknown policy "strikt"; did you mean "strict"?
        > 1 | extends = "strikt"
            |           ^
        see: docs/errors.md#policy_invalid"
    `)
    expect(refusal(write('p.toml', 'uid = 1\nextends = "./none.toml"'))).toMatchInlineSnapshot(`
      "Invalid policy /srv/p.toml:2:11: extends: /srv/none.toml: there is no such file\\n  see: docs/errors.md#policy_invalid
          1 | uid = 1
        > 2 | extends = "./none.toml"
            |           ^
        see: docs/errors.md#policy_invalid"
    `)
    expect(() => loadPolicy({ extends: 'strikt' })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy inline: extends: unknown policy "strikt"; did you mean "strict"?
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test('when the other has an error, which is shown in the other’s file', () => {
    write('base.toml', 'uid = 1\ngidd = 2')
    expect(refusal(write('p.toml', 'extends = "base.toml"'))).toMatchInlineSnapshot(`
      "Invalid policy /srv/base.toml:2:1: unknown key "gidd"; did you mean "gid"?
          1 | uid = 1
        > 2 | gidd = 2
            | ^
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('when both together could start no program', () => {
    write('base.toml', '[seccomp]\nrules = [{ action = "allow", syscalls = ["@process"] }]')
    const path = write(
      'p.toml',
      `extends = "base.toml"
[[seccomp.rules]]
action = "allow"
syscalls = ["read"]
[[seccomp.rules]]
action = "kill"
syscalls = ["execve"]`,
    )
    expect(refusal(path)).toMatchInlineSnapshot(`
      "Invalid policy /srv/p.toml:6:10: seccomp.rules[1].action: "kill" on execve: no program could start under this policy
          5 | [[seccomp.rules]]
        > 6 | action = "kill"
            |          ^
          7 | syscalls = ["execve"]
        see: docs/errors.md#policy_invalid"
    `)
  })

  test('when a mount of one leads through a link of the other', () => {
    write('base.toml', 'mounts = [{ type = "symlink", source = "usr/bin", target = "/bin" }]')
    const path = write(
      'p.toml',
      'extends = "base.toml"\nmounts = [{ source = "/a", target = "/bin/a" }]',
    )
    expect(refusal(path)).toMatchInlineSnapshot(`
      "Invalid policy /srv/p.toml:2:37: mounts[0].target: "/bin/a" is at or below the symbolic link "/bin"
          1 | extends = "base.toml"
        > 2 | mounts = [{ source = "/a", target = "/bin/a" }]
            |                                     ^
        see: docs/errors.md#policy_invalid"
    `)
  })
})
