import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../src/index.ts'
import { supportedArch } from '../../src/runner/host-machine.ts'
import { refusals, withOptions } from './support/refusals.ts'

describe('a call is refused with the value expected and the value received,', () => {
  test('for an invalid command', async () => {
    expect(await refusals([], [1], [''], ['a\0b'])).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`command\` to be a string, got \`undefined\` (undefined)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`command\` to be a string, got \`1\` (number)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`command\` to be a program's name or path, got \`''\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: \`command\` has a NUL byte at position 1: "a\\u0000b"
        hint: Linux ends every text at its first NUL byte: leave it out.
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for invalid arguments and options', async () => {
    expect(
      await refusals(['true', 'x'], ['true', ['a', 1]], ['true', ['a', 'b\0']], ['true', [], 1]),
    ).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`args\` to be an array of strings, got \`'x'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`args[1]\` to be a string, got \`1\` (number)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: \`args[1]\` has a NUL byte at position 1: "b\\u0000"
        hint: Linux ends every text at its first NUL byte: leave it out.
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`options\` to be an object, got \`1\` (number)
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for an unknown option', async () => {
    expect(await withOptions({ timeout: 1 })).toMatchInlineSnapshot(`
      "OPTION_INVALID: There is no option \`timeout\`
        hint: The options are policy, workdir, files, mounts, env, cwd, stdin, stdout, stderr, encoding, limits, collect, followLinks, exclusive, terminal, retryWhenStarved, isolation, signal.
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for an invalid workdir', async () => {
    expect(
      await withOptions(
        { workdir: 1 },
        { workdir: '' },
        { workdir: '/tmp\0' },
        { workdir: new URL('https://example.org/') },
        { workdir: { source: '/tmp', mode: 'rw' } },
        { workdir: {} },
      ),
    ).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`workdir\` to be a string, got \`1\` (number)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`workdir\` to be a path, got \`''\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: \`workdir\` has a NUL byte at position 4: "/tmp\\u0000"
        hint: Linux ends every text at its first NUL byte: leave it out.
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`workdir\` to be a path or a file: URL, got \`https://example.org/\` (object)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`workdir.mode\` to be "copy-on-write" or "read-only" or "read-write", got \`'rw'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`workdir.source\` to be a string, got \`undefined\` (undefined)
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for invalid files', async () => {
    expect(
      await withOptions(
        { files: { 'work/x': '' } },
        { files: { '/work/../x': '' } },
        { files: { '/': '' } },
        { files: { '/work/x': 1 } },
        { files: { '/work/x': new URL('https://example.org/') } },
      ),
    ).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`files key\` to be an absolute path in the sandbox, without "..", got \`'work/x'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`files key\` to be an absolute path in the sandbox, without "..", got \`'/work/../x'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`files key\` to be an absolute path in the sandbox, without "..", got \`'/'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`files["/work/x"]\` to be text, bytes or a file URL, got \`1\` (number)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`files["/work/x"]\` to be a path or a file: URL, got \`https://example.org/\` (object)
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for invalid mounts', async () => {
    expect(
      await withOptions(
        { mounts: {} },
        { mounts: [{ target: '/x' }] },
        { mounts: [{ source: '/tmp', target: 'x' }] },
        { mounts: [{ source: '/tmp', target: '/x', rw: true }] },
        { mounts: [{ source: '/tmp', target: '/x', writable: 1 }] },
      ),
    ).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`mounts\` to be an array of mounts, got \`{}\` (object)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`mounts[0].source\` to be a string, got \`undefined\` (undefined)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`mounts[0].target\` to be an absolute path in the sandbox, without "..", got \`'x'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`mounts[0]\` to be an object with source, target, type, writable, optional and followLinks, got \`{ source: '/tmp', target: '/x', rw: true }\` (object)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`mounts[0].writable\` to be true or false, got \`1\` (number)
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for an invalid environment or cwd', async () => {
    expect(
      await withOptions(
        { env: { 'A=B': '' } },
        { env: { A: 1 } },
        { env: { A: '\0' } },
        { cwd: 'work' },
        { cwd: '/work/..' },
      ),
    ).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`env key\` to be a name without "=", got \`'A=B'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`env.A\` to be a string, got \`1\` (number)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: \`env.A\` has a NUL byte at position 0: "\\u0000"
        hint: Linux ends every text at its first NUL byte: leave it out.
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`cwd\` to be an absolute path in the sandbox, without "..", got \`'work'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`cwd\` to be an absolute path in the sandbox, without "..", got \`'/work/..'\` (string)
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for invalid streams', async () => {
    expect(
      await withOptions(
        { stdin: 1 },
        { stdin: null },
        { stdin: new URL('https://example.org/') },
        { stdout: 'file' },
        { stderr: new PassThrough() },
        { encoding: 'latin1' },
      ),
    ).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`stdin\` to be text, bytes, a readable stream, a file URL, "inherit" or "pipe", got \`1\` (number)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`stdin\` to be text, bytes, a readable stream, a file URL, "inherit" or "pipe", got \`null\` (null)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`stdin\` to be a path or a file: URL, got \`https://example.org/\` (object)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`stdout\` to be "pipe" or "inherit" or "ignore", got \`'file'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`stderr\` to be "pipe" or "inherit" or "ignore", got \`[PassThrough]\` (object)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`encoding\` to be "utf8" or "buffer", got \`'latin1'\` (string)
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for invalid collected paths and an invalid signal', async () => {
    expect(
      await withOptions({ collect: 'x' }, { collect: [1] }, { collect: [''] }, { signal: {} }),
    ).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`collect\` to be an array of paths in the sandbox, got \`'x'\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`collect[0]\` to be a string, got \`1\` (number)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`collect[0]\` to be a path, got \`''\` (string)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Expected \`signal\` to be an AbortSignal, got \`{}\` (object)
        see: docs/errors.md#option_invalid"
    `)
  })
})

test('an undefined option counts as left out', async () => {
  const names = ['policy', 'workdir', 'files', 'mounts', 'env', 'cwd', 'stdin', 'stdout', 'signal']
  const options = Object.fromEntries(names.map((name) => [name, undefined]))
  expect(await sandboxed('true', [], options as SandboxOptions)).toSucceed()
})

test('a wrong call rejects its promise and throws nothing synchronously', async () => {
  const run = sandboxed('true', [], { cwd: 'relative' })
  expect(run.pid).toBeUndefined()
  expect(run.stdin).toBeUndefined()
  run.kill()
  await expect(run).rejects.toThrow('Expected `cwd` to be')
})

test.each([
  ['darwin', 'arm64'],
  ['win32', 'x64'],
  ['linux', 'ia32'],
])('the platform %s %s is refused', (platform, arch) => {
  expect(() => supportedArch(platform, arch)).toThrow(
    `Gradebox runs programs on Linux x64 and arm64; this is ${platform} ${arch}`,
  )
  try {
    supportedArch(platform, arch)
  } catch (error) {
    expect(error).toMatchObject({ code: 'UNSUPPORTED_PLATFORM', hint: expect.any(String) })
  }
})
