import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../../../src/policy/parse.ts'

const parse = (text: string) => parsePolicy(text, { name: 'p', path: '/srv/p.toml' })

// The message without its beginning, which is the same for all.
function refusal(text: string): string | undefined {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof Error) return error.message.replace('Invalid policy /srv/p.toml: ', '')
  }
  return undefined
}

describe('a policy file is refused', () => {
  test('when it is not TOML, with line and column', () => {
    expect(() => parse('uid = 1\nhostname = "box')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: line 2, column 12: unfinished string]`,
    )
    expect(() => parse('a = 1\na = 2')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: line 2, column 1: trying to redefine an already defined table or value]`,
    )
  })

  test('for a key that is not known, with the one that was meant', () => {
    expect(() => parse('host_name = "x"')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: unknown key "host_name"; did you mean "hostname"?]`,
    )
    expect(() => parse('limits = { walltme = 5 }')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: limits: unknown key "walltme"; did you mean "walltime"?]`,
    )
    expect(() =>
      parse('mounts = [{ source = "/a", traget = "/b" }]'),
    ).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:
        mounts[0].target: is missing
        mounts[0]: unknown key "traget"; did you mean "target"?]
    `)
    expect(() => parse('colour = "red"')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: unknown key "colour"; expected description, share_net, share_uts, uid, gid, hostname, network, proc, mounts, files, env, limits or seccomp]`,
    )
  })

  test('for a value of the wrong kind', () => {
    expect(() => parse('uid = "root"')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: uid: expected a whole number from 0 to 4294967294, got "root"]`,
    )
    expect(() => parse('uid = -1')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: uid: expected a whole number from 0 to 4294967294, got -1]`,
    )
    expect(() => parse('network = "loopbak"')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: network: unknown value "loopbak"; did you mean "loopback"?]`,
    )
    expect(() => parse('hostname = ""')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: hostname: expected 1 to 64 letters, digits, dots and hyphens, got ""]`,
    )
    expect(() => parse('mounts = "/usr"')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: mounts: expected a list of mounts, got "/usr"]`,
    )
    expect(() => parse('mounts = ["/usr"]')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: mounts[0]: expected a table, got "/usr"]`,
    )
    expect(() => parse('env = []')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: env: expected a table, got a list]`,
    )
    expect(() => parse('env = { A = 1 }')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: env.A: expected text, got 1]`,
    )
    expect(() => parse('env = { "A=B" = "1" }')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: env."A=B": expected a name without "=" and NUL, got "A=B"]`,
    )
    expect(() => parse('files = [{ target = "/a" }]')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: files[0].contents: is missing]`,
    )
    expect(() => parse('limits = { cpu = 1.5 }')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: limits.cpu: expected a duration above 0: whole seconds, or text such as "1.5s", got 1.5]`,
    )
  })

  test.each([
    [
      'a relative source',
      '{ source = "usr", target = "/usr" }',
      'mounts[0].source: expected an absolute path, got "usr"',
    ],
    [
      'a relative target',
      '{ source = "/usr", target = "usr" }',
      'mounts[0].target: expected an absolute path, got "usr"',
    ],
    [
      'a source that climbs',
      '{ source = "/usr/../etc", target = "/usr" }',
      'mounts[0].source: expected a path without "..", got "/usr/../etc"',
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
      'mounts[0].size: goes with fstype = "tmpfs" only',
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
      'mounts[0].optional: a tmpfs has no source to be missing',
    ],
    [
      'a file system that is not known',
      '{ source = "/usr", target = "/usr", fstype = "ext4" }',
      'mounts[0].fstype: unknown value "ext4"; expected bind or tmpfs',
    ],
  ])('for a mount with %s', (_, mount, message) => {
    expect(refusal(`mounts = [${mount}]`)).toBe(message)
  })

  test('for two mounts on one target', () => {
    const both = '{ source = "/a", target = "/c" }, { source = "/b", target = "/c/" }'
    expect(() => parse(`mounts = [${both}]`)).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: mounts[1].target: "/c" is the target of an earlier entry too]`,
    )
  })

  test('for keys that contradict each other', () => {
    expect(() => parse('share_net = true\nnetwork = "none"')).toThrowErrorMatchingInlineSnapshot(
      `[SandboxError: Invalid policy /srv/p.toml: share_net: contradicts network = "none"]`,
    )
  })

  test('with everything that is wrong at once', () => {
    expect(() =>
      parse('uid = "x"\nproc = 1\nmounts = [{ target = 1 }]'),
    ).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:
        uid: expected a whole number from 0 to 4294967294, got "x"
        proc: expected "full", "pid" or "none", got 1
        mounts[0].target: expected text, got 1]
    `)
  })
})
