import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'

const parse = (text: string) => parsePolicy(text, { name: 'p', path: '/srv/p.toml' })

beforeEach(() => {
  vi.stubEnv('GRADEBOX_SET', 'a\\b "c"\n\td\x7f')
  vi.stubEnv('GRADEBOX_UNSET', undefined)
  vi.stubEnv('HOME', '/home/jo')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a template', () => {
  test('inserts a variable as TOML text, whatever it contains', () => {
    expect(parse('env = { A = {{ os_env "GRADEBOX_SET" }} }').env).toEqual({
      A: 'a\\b "c"\n\td\x7f',
    })
  })

  test('may have comments and blocks of its own', () => {
    const text = `{{! not seen }}
env = { A = {{#if true}}{{ os_env "GRADEBOX_SET" }}{{else}}"no"{{/if}} }`
    expect(parse(text).env.A).toContain('a')
  })

  test('is read only in a policy that has a tag', () => {
    expect(parse('description = "{ os_env }"').description).toBe('{ os_env }')
  })
})

describe('a template is refused', () => {
  test('for a variable that is not set, also in a comment', () => {
    expect(() =>
      parse('uid = 1\n# home of {{ os_env "GRADEBOX_UNSET" }}\ngid = 1'),
    ).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:2:11: os_env: the environment variable "GRADEBOX_UNSET" is not set
          1 | uid = 1
        > 2 | # home of {{ os_env "GRADEBOX_UNSET" }}
            |           ^
          3 | gid = 1
        see: docs/errors.md#policy_invalid]
    `)
    vi.stubEnv('HOME', undefined)
    expect(() => parse('hostname = {{ os_homedir "/x" }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:12: os_homedir: the environment variable "HOME" is not set
        > 1 | hostname = {{ os_homedir "/x" }}
            |            ^
        see: docs/errors.md#policy_invalid]
    `)
  })

  test('for a file that cannot be read', () => {
    expect(() =>
      parse('description = """\n{{ fs_read_to_string "/nowhere/x" }}"""'),
    ).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:2:1: fs_read_to_string: "/nowhere/x": there is no such file
          1 | description = """
        > 2 | {{ fs_read_to_string "/nowhere/x" }}"""
            | ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('# {{ fs_read_to_string "/" }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:3: fs_read_to_string: "/": it cannot be read: EISDIR
        > 1 | # {{ fs_read_to_string "/" }}
            |   ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('# {{ fs_read_to_string "/bin/sh" }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:3: fs_read_to_string: "/bin/sh": it is not text in UTF-8
        > 1 | # {{ fs_read_to_string "/bin/sh" }}
            |   ^
        see: docs/errors.md#policy_invalid]
    `)
  })

  test('for an invalid tag', () => {
    expect(() => parse('uid = 1\nhostname = {{ os_env "X }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:2:12: not a template tag: got a character that no tag has, or a text without its closing quote
          1 | uid = 1
        > 2 | hostname = {{ os_env "X }}
            |            ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('uid = 1\nhostname = {{ os_env "X"\n')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:2:12: not a template tag: got the end of the file, where a "{{" or a block is still open
          1 | uid = 1
        > 2 | hostname = {{ os_env "X"
            |            ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('hostname = {{ }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:12: not a template tag: got "}}"
        > 1 | hostname = {{ }}
            |            ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('hostname = {{/if}}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:12: not a template tag: got "{{/", which closes no block
        > 1 | hostname = {{/if}}
            |            ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('{{#if 1}}\nuid = 1')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:1: not a template tag: got the end of the file, where a "{{" or a block is still open
        > 1 | {{#if 1}}
            | ^
          2 | uid = 1
        see: docs/errors.md#policy_invalid]
    `)
  })

  test('for an unknown helper, or one that is called in another way', () => {
    expect(() => parse('hostname = {{ os_envv "X" }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:15: unknown helper "os_envv"; did you mean "os_env"?
        > 1 | hostname = {{ os_envv "X" }}
            |               ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('hostname = {{ os_env X }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:12: os_env: expected a text in quotes, as in {{ os_env "x" }}
        > 1 | hostname = {{ os_env X }}
            |            ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('hostname = {{ os_env }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:12: os_env: expected one argument, got 0
        > 1 | hostname = {{ os_env }}
            |            ^
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => parse('hostname = {{> part }}')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy /srv/p.toml:1:12: the tag cannot be rendered: The partial part could not be found
        > 1 | hostname = {{> part }}
            |            ^
        see: docs/errors.md#policy_invalid]
    `)
  })

  test('with the position in the template, not in the generated TOML', () => {
    const text = `# {{ os_env "GRADEBOX_SET" }} {{ os_env "GRADEBOX_SET" }}
description = """
{{ fs_read_to_string "fixtures/policies/hakoniwa/c.toml" }}"""
uid = -1
hostname = {{ os_homedir "/a b" }}
`
    expect(() => parse(text)).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy, 2 problems:
        /srv/p.toml:4:7: uid: expected a whole number from 0 to 4294967294, got -1
            3 | {{ fs_read_to_string "fixtures/policies/hakoniwa/c.toml" }}"""
          > 4 | uid = -1
              |       ^
            5 | hostname = {{ os_homedir "/a b" }}
        /srv/p.toml:5:12: hostname: expected 1 to 64 letters, digits, dots and hyphens, got "/home/jo/a b"
            4 | uid = -1
          > 5 | hostname = {{ os_homedir "/a b" }}
              |            ^
        see: docs/errors.md#policy_invalid]
    `)
  })
})
