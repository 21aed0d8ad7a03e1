import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'

const parse = (text: string) => parsePolicy(text, { name: 'p', path: '/srv/p.toml' })

// The problem without its position, which positions.test.ts covers.
function refusal(text: string): string | undefined {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return error.message.split('\n')[0]?.replace(/^Invalid policy \/srv\/p\.toml(:\d+:\d+)?: /, '')
  }
  return undefined
}

describe('a policy file is refused', () => {
  test('when it is not TOML, with line and column', () => {
    expect(() => parse('uid = 1\nhostname = "box')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:2:12: unfinished string
          1 | uid = 1
        > 2 | hostname = "box
            |            ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('a = 1\na = 2')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:2:1: trying to redefine an already defined table or value
          1 | a = 1
        > 2 | a = 2
            | ^
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test('for an unknown key, with the key that was probably meant', () => {
    expect(() => parse('host_name = "x"')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:1: unknown key "host_name"; did you mean "hostname"?
        > 1 | host_name = "x"
            | ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('limits = { walltme = 5 }')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:12: limits: unknown key "walltme"; did you mean "walltime"?
        > 1 | limits = { walltme = 5 }
            |            ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() =>
      parse('mounts = [{ source = "/a", traget = "/b" }]'),
    ).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy, 2 problems:
        /srv/p.toml:1:11: mounts[0].target: is missing
          > 1 | mounts = [{ source = "/a", traget = "/b" }]
              |           ^
        /srv/p.toml:1:28: mounts[0]: unknown key "traget"; did you mean "target"?
          > 1 | mounts = [{ source = "/a", traget = "/b" }]
              |                            ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('colour = "red"')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:1: unknown key "colour"; expected extends, description, share_net, share_uts, share_env, uid, gid, hostname, network, proc, terminal, mounts, files, workdir, env, limits, require or seccomp
        > 1 | colour = "red"
            | ^
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test('for a value of the wrong kind', () => {
    expect(() => parse('uid = "root"')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:7: uid: expected a whole number from 0 to 4294967294, got "root"
        > 1 | uid = "root"
            |       ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('uid = -1')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:7: uid: expected a whole number from 0 to 4294967294, got -1
        > 1 | uid = -1
            |       ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('network = "loopbak"')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:11: network: unknown value "loopbak"; did you mean "loopback"?
        > 1 | network = "loopbak"
            |           ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('hostname = ""')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:12: hostname: expected 1 to 64 letters, digits, dots and hyphens, got ""
        > 1 | hostname = ""
            |            ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('mounts = "/usr"')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:10: mounts: expected a list of mounts, got "/usr"
        > 1 | mounts = "/usr"
            |          ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('mounts = ["/usr"]')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:11: mounts[0]: expected a table, got "/usr"
        > 1 | mounts = ["/usr"]
            |           ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('env = []')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:7: env: expected a table, got a list
        > 1 | env = []
            |       ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('env = { A = 1 }')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:13: env.A: expected text, got 1
        > 1 | env = { A = 1 }
            |             ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('env = { "A=B" = "1" }')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:17: env."A=B": expected a name without "=" and NUL, got "A=B"
        > 1 | env = { "A=B" = "1" }
            |                 ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('files = [{ target = "/a" }]')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:10: files[0].contents: is missing
        > 1 | files = [{ target = "/a" }]
            |          ^
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => parse('limits = { cpu = 1.5 }')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:18: limits.cpu: expected a duration above 0: whole seconds, text such as "1.5s", or "unlimited", got 1.5
        > 1 | limits = { cpu = 1.5 }
            |                  ^
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test.each([
    [
      'a relative target',
      '{ source = "/usr", target = "usr" }',
      'mounts[0].target: expected an absolute path, got "usr"',
    ],
    [
      'a target that climbs',
      '{ source = "/usr", target = "/a/../../b" }',
      'mounts[0].target: expected a path without "..", got "/a/../../b"',
    ],
    [
      'a NUL in a target',
      '{ source = "/usr", target = "/a\\u0000b" }',
      'mounts[0].target: expected a path without NUL characters',
    ],
    [
      'the root as target',
      '{ source = "/usr", target = "//" }',
      'mounts[0].target: expected a path below "/", got "//"',
    ],
    [
      'the root as target, dotted',
      '{ source = "/usr", target = "/./." }',
      'mounts[0].target: expected a path below "/", got "/./."',
    ],
    ['no source', '{ target = "/usr" }', 'mounts[0].source: is missing'],
    [
      'a size on a bind',
      '{ source = "/usr", target = "/usr", size = 1 }',
      'mounts[0].size: goes with type = "tmpfs" only',
    ],
    [
      'a read-only tmpfs',
      '{ target = "/tmp", fstype = "tmpfs", rw = false }',
      'mounts[0].rw: a tmpfs is always writable',
    ],
    [
      'a tmpfs of size 0',
      '{ target = "/tmp", fstype = "tmpfs", size = 0 }',
      'mounts[0].size: expected bytes above 0, or text such as "64MiB", got 0',
    ],
    [
      'an optional tmpfs',
      '{ target = "/tmp", fstype = "tmpfs", optional = true }',
      'mounts[0].optional: goes with type = "bind" or type = "overlay" only',
    ],
    [
      'an empty source',
      '{ source = "", target = "/usr" }',
      'mounts[0].source: expected a path, got ""',
    ],
    [
      'two types',
      '{ source = "/usr", target = "/usr", type = "bind", fstype = "tmpfs" }',
      'mounts[0].fstype: contradicts type = "bind"',
    ],
    [
      'a negative number of inodes',
      '{ target = "/tmp", type = "tmpfs", inodes = -1 }',
      'mounts[0].inodes: expected a whole number above 0, got -1',
    ],
    [
      'a writable link',
      '{ source = "usr/bin", target = "/bin", type = "symlink", rw = true }',
      'mounts[0].rw: goes with type = "bind" only',
    ],
    [
      'a link in place of the sandbox’s own',
      '{ source = "/etc", target = "/proc/x", type = "symlink" }',
      "mounts[0].target: /proc is the sandbox's own and cannot be a link",
    ],
    [
      'a file system that is not known',
      '{ source = "/usr", target = "/usr", fstype = "ext4" }',
      'mounts[0].fstype: unknown value "ext4"; expected bind or tmpfs',
    ],
  ])('for a mount with %s', (_, mount, message) => {
    expect(refusal(`mounts = [${mount}]`)).toBe(message)
  })

  test('for two files of one name', () => {
    const both = '{ target = "/c", contents = "" }, { target = "/c/", contents = "" }'
    expect(() => parse(`files = [${both}]`)).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:55: files[1].target: "/c" is the target of an earlier entry too
        > 1 | files = [{ target = "/c", contents = "" }, { target = "/c/", contents = "" }]
            |                                                       ^
        see: docs/errors.md#policy_invalid]
    `)
  })

  test('for keys that contradict each other', () => {
    expect(() => parse('share_net = true\nnetwork = "none"')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /srv/p.toml:1:13: share_net: contradicts network = "none"
        > 1 | share_net = true
            |             ^
          2 | network = "none"
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test('with all its problems at once', () => {
    expect(() =>
      parse('uid = "x"\nproc = 1\nmounts = [{ target = 1 }]'),
    ).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy, 3 problems:
        /srv/p.toml:1:7: uid: expected a whole number from 0 to 4294967294, got "x"
          > 1 | uid = "x"
              |       ^
            2 | proc = 1
        /srv/p.toml:2:8: proc: expected "full", "pid" or "none", got 1
            1 | uid = "x"
          > 2 | proc = 1
              |        ^
            3 | mounts = [{ target = 1 }]
        /srv/p.toml:3:22: mounts[0].target: expected text, got 1
            2 | proc = 1
          > 3 | mounts = [{ target = 1 }]
              |                      ^
        see: docs/errors.md#policy_invalid]
    `)
  })
})
