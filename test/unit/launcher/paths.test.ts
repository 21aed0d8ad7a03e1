import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import {
  fileMode,
  writeFileSteps,
  writeFreshFileSteps,
} from '../../../src/launcher/plan/file-steps.ts'
import { FreshDirectories, SafePaths, splitPath } from '../../../src/launcher/plan/paths.ts'
import type { Step } from '../../../src/launcher/step.ts'
import { AT_FDCWD, EEXIST, O_DIRECTORY } from '../../../src/linux/constants.ts'

const failure = { code: 'MOUNT_FAILED' } as const
const owner = { uid: 71, gid: 72 }
const shown = (steps: readonly Step[]): string[] => steps.map(describeStep)

test.each([
  ['x', '.', 'x'],
  ['etc/passwd', 'etc', 'passwd'],
  ['work/a/b', 'work/a', 'b'],
])('the path %s is in %s and has the name %s', (path, parent, name) => {
  expect(splitPath(path)).toEqual({ parent, name })
})

describe('directories of the fresh root', () => {
  test('are made from the top down, each once', () => {
    const directories = new FreshDirectories()
    expect(shown(directories.make('usr/lib/jvm'))).toEqual([
      'mkdirat("/usr", 0755)',
      'mkdirat("/usr/lib", 0755)',
      'mkdirat("/usr/lib/jvm", 0755)',
    ])
    expect(shown(directories.make('usr/lib/python'))).toEqual(['mkdirat("/usr/lib/python", 0755)'])
    for (const path of ['usr', '.', '/', '']) expect(directories.make(path)).toEqual([])
  })
})

describe('directories of the entered root', () => {
  test('are made in an opened directory, from the top down, each once', () => {
    const paths = new SafePaths('x64')
    expect(shown(paths.makeDirectory('work/a', { failure }))).toMatchInlineSnapshot(`
      [
        "openat2("/", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "mkdirat("/work")",
        "close(init.parent)",
        "openat2("/work", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "mkdirat("/work/a")",
        "close(init.parent)",
      ]
    `)
    expect(paths.makeDirectory('work', { failure })).toEqual([])
    expect(shown(paths.makeDirectory('work/b', { failure }))).toHaveLength(3)
  })

  test('become the owner’s when they are new', () => {
    const steps = new SafePaths('x64').makeDirectory('work', { failure, owner })
    const [, mkdir, chown, close] = steps
    expect(mkdir?.whenEqual).toEqual({ value: -EEXIST, goto: close?.label })
    expect(chown?.args.slice(2)).toEqual([71, 72, 0x100])
    expect(steps).toHaveLength(4)
  })

  test('are described by their whole path when they change their owner', () => {
    const steps = new SafePaths('x64').makeDirectory('work/a', { failure, owner })
    expect(shown(steps).filter((call) => call.startsWith('fchownat'))).toEqual([
      'fchownat("/work", 71, 72)',
      'fchownat("/work/a", 71, 72)',
    ])
  })

  test.each(['x64', 'arm64'] as const)('are opened as %s requires', (arch) => {
    const [step] = new SafePaths(arch).open('work/a', failure)
    const flags = 0o10000000 | 0o2000000 | O_DIRECTORY[arch]
    expect(step?.args).toEqual([
      AT_FDCWD,
      { kind: 'text', text: 'work/a' },
      // RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS
      { kind: 'words', words: [flags, 0, 0x14] },
      24,
    ])
    expect(step).toMatchObject({ store: 'init.parent', failure })
  })
})

describe('a file', () => {
  const arch = 'x64'

  test('of the fresh root is written at its place, and through no link', () => {
    const steps = writeFreshFileSteps('etc/hosts', 'localhost\n', { arch })
    expect(shown(steps)).toMatchInlineSnapshot(`
      [
        "openat2(AT_FDCWD, "etc/hosts", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC|O_NOFOLLOW)",
        "write("/etc/hosts", 10 bytes)",
        "close(init.fd)",
      ]
    `)
    const [open] = steps
    expect(open?.args[2]).toMatchObject({ words: [expect.any(Number), 0o644, 0x14] })
  })

  test('of the entered root replaces the file at its place', () => {
    const steps = writeFileSteps('work/a.txt', 'text', { arch, owner, paths: new SafePaths(arch) })
    expect(shown(steps).slice(4)).toMatchInlineSnapshot(`
      [
        "openat2("/work", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "unlinkat("/work/a.txt")",
        "openat("/work/a.txt")",
        "fchown(init.fd, 71, 72)",
        "lseek(5, <4 bytes>, SEEK_SET)",
        "sendfile("/work/a.txt", 4 bytes)",
        "close(init.fd)",
        "close(init.parent)",
      ]
    `)
    const unlink = steps.find(({ syscall }) => syscall === 'unlinkat')
    expect(unlink?.tolerate).toBe(2)
  })

  test('that is empty is made and not written', () => {
    const paths = new SafePaths(arch)
    for (const steps of [
      writeFreshFileSteps('a', '', { arch }),
      writeFileSteps('a', new Uint8Array(), { arch, paths }),
    ]) {
      expect(shown(steps).filter((call) => call.startsWith('write'))).toEqual([])
      expect(shown(steps).filter((call) => /^openat2?\("?|O_CREAT/.test(call))).not.toEqual([])
    }
  })

  test('that does not fit causes a failure, not a shorter file', () => {
    const steps = writeFreshFileSteps('a', 'text', { arch })
    const write = steps.find(({ syscall }) => syscall === 'write')
    expect(write?.whenDifferent).toEqual({ value: 4, goto: 'fail' })
    expect(write?.failure).toMatchInlineSnapshot(`
      {
        "code": "SETUP_FAILED",
        "hint": "The file "/a" could not be written into the sandbox. It must be below a writable or fresh directory and not behind a symbolic link, and fit the disk limit.",
      }
    `)
  })

  test.each([
    ['#!/bin/sh\n', 0o755],
    ['\x7fELF', 0o755],
    ['\x7fEL', 0o644],
    ['# !', 0o644],
    ['#', 0o644],
    ['', 0o644],
  ])('that begins with %j has a fitting mode: %i', (contents, mode) => {
    expect(fileMode(Buffer.from(contents, 'latin1'))).toBe(mode)
  })
})
