import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isSandboxError } from '../../../src/errors/sandbox-error.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { shippedPolicies } from '../../../src/policy/shipped.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gradebox-policy-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function write(text: string): string {
  const path = join(directory, 'p.toml')
  writeFileSync(path, text)
  return path
}

describe('loadPolicy()', () => {
  test.each(shippedPolicies())('finds the shipped policy %s', (name) => {
    expect(loadPolicy(name).name).toBe(name)
    expect(loadPolicy(name).description).not.toBe('')
  })

  test('reads a path and a file URL', () => {
    const path = write('hostname = "box"')
    expect(loadPolicy(path)).toMatchObject({ name: path, hostname: 'box' })
    expect(loadPolicy(pathToFileURL(path)).hostname).toBe('box')
  })

  test('reads a URL from another realm, as under Jest', () => {
    const url = runInContext(
      'new URL(href)',
      createContext({ URL, href: pathToFileURL(write('')).href }),
    )
    expect(loadPolicy(url).hostname).toBe('gradebox')
  })

  test('takes a policy as an object, whose bare times are milliseconds', () => {
    const bytes = new Uint8Array([1])
    const policy = loadPolicy({
      share_net: true,
      limits: { walltime: 1500 },
      files: [{ target: '/a', contents: bytes }],
    })
    expect(policy).toMatchObject({ name: 'inline', network: 'host', limits: { wallTimeMs: 1500 } })
    expect(policy.files).toEqual([{ target: '/a', contents: bytes }])
  })

  test('accepts its own result', () => {
    const policy = loadPolicy('strict')
    expect(loadPolicy(policy)).toBe(policy)
  })

  test('returns the same value until the file changes', () => {
    const path = write('hostname = "one"')
    const one = loadPolicy(path)
    expect(loadPolicy(path)).toBe(one)
    write('hostname = "two"')
    utimesSync(path, 1, 1)
    expect(loadPolicy(path).hostname).toBe('two')
  })

  test('returns the same value until the object changes', () => {
    const object = { hostname: 'one' }
    const one = loadPolicy(object)
    expect(loadPolicy(object)).toBe(one)
    object.hostname = 'two'
    expect(loadPolicy(object).hostname).toBe('two')
  })
})

describe('loadPolicy() refuses', () => {
  test('a name that is not shipped', () => {
    expect(() => loadPolicy('strikt')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy: unknown name "strikt"; did you mean "strict"?
        hint: Shipped policies: c, csharp, go, haskell, java, kiss, kotlin, lisp, native, node, pascal, perl, php, python, r, ruby, rust, sanitizers, shell, strict, typescript. A path has a slash or ends in .toml.
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => loadPolicy('lenient')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy: unknown name "lenient"; expected c, csharp, go, haskell, java, kiss, kotlin, lisp, native, node, pascal, perl, php, python, r, ruby, rust, sanitizers, shell, strict or typescript
        hint: Shipped policies: c, csharp, go, haskell, java, kiss, kotlin, lisp, native, node, pascal, perl, php, python, r, ruby, rust, sanitizers, shell, strict, typescript. A path has a slash or ends in .toml.
        see: docs/errors.md#policy_invalid]
    `)
    expect(() => loadPolicy('')).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid policy: unknown name ""; did you mean "c"?
        hint: Shipped policies: c, csharp, go, haskell, java, kiss, kotlin, lisp, native, node, pascal, perl, php, python, r, ruby, rust, sanitizers, shell, strict, typescript. A path has a slash or ends in .toml.
        see: docs/errors.md#policy_invalid]
    `)
  })

  test('a file that is missing', () => {
    expect(() => loadPolicy('/nowhere/p.toml')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /nowhere/p.toml: there is no such file
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => loadPolicy('/')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy /: it cannot be read: EISDIR
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test('a URL that is not a file', () => {
    expect(() =>
      loadPolicy(new URL('https://example.org/p.toml')),
    ).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy: expected a file: URL, got "https://example.org/p.toml"
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test('a value that is not a reference', () => {
    expect(() => loadPolicy(null as never)).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy: expected a name, a path, a file URL or an object, got null
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => loadPolicy(5 as never)).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy: expected a name, a path, a file URL or an object, got 5
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => loadPolicy([])).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy inline: expected a table, got a list
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => loadPolicy('/a\0b')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy: expected a path without NUL characters, got "/a\\u0000b"
        see: docs/errors.md#policy_invalid]
    `,
    )
    expect(() => loadPolicy({ hostnam: 'x' })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid policy inline: unknown key "hostnam"; did you mean "hostname"?
        see: docs/errors.md#policy_invalid]
    `,
    )
  })

  test('with the file’s path in the message, and a code', () => {
    const path = write('uid = "x"')
    let thrown: unknown
    try {
      loadPolicy(path)
    } catch (error) {
      thrown = error
    }
    if (!isSandboxError(thrown)) throw thrown
    expect(thrown.code).toBe('POLICY_INVALID')
    expect(thrown.message.split('\n')[0]).toBe(
      `Invalid policy ${path}:1:7: uid: expected a whole number from 0 to 4294967294, got "x"`,
    )
  })
})
