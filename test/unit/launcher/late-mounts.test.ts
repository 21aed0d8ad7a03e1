import { describe, expect, test } from 'vitest'
import { MS_NOEXEC, MS_RDONLY } from '../../../src/ffi/constants.ts'
import { describeStep } from '../../../src/runner/launcher/describe/describe.ts'
import {
  attachTreeSteps,
  type LateMount,
  type LateMountOptions,
  lateMountAreas,
  openTreeSteps,
} from '../../../src/runner/launcher/plan/late-mounts.ts'
import { SafePaths } from '../../../src/runner/launcher/plan/paths.ts'

const directory: LateMount & { type: 'bind' } = {
  type: 'bind',
  source: '/srv/tests',
  target: '/work/tests',
  isDirectory: true,
  writable: false,
}
const file: LateMount & { type: 'bind' } = {
  type: 'bind',
  source: '/srv/answer.txt',
  target: '/work/a/b.txt',
  isDirectory: false,
  writable: true,
  noexec: true,
}

function late(mounts: readonly LateMount[], remount?: LateMountOptions['remount']) {
  const options = { mounts, remount, arch: 'x64' } as const
  return {
    outside: openTreeSteps(options).map(describeStep),
    inside: attachTreeSteps(options, new SafePaths('x64')).map(describeStep),
  }
}

describe('a mount inside another', () => {
  test('is taken with its attributes outside, and mounted on what was opened inside', () => {
    const { outside, inside } = late([directory])
    expect(outside).toMatchInlineSnapshot(`
      [
        "open_tree(-100, "/srv/tests", 557057)",
        "mount_setattr(tree.fd0, AT_EMPTY_PATH|AT_RECURSIVE, MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV)",
      ]
    `)
    expect(inside).toMatchInlineSnapshot(`
      [
        "openat2("/", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "mkdirat("/work")",
        "close(init.parent)",
        "openat2("/work", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "mkdirat("/work/tests")",
        "close(init.parent)",
        "openat2("/work", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "openat(init.parent, "tests", O_RDONLY|O_CLOEXEC|O_PATH|O_NOFOLLOW, 0)",
        "close(init.parent)",
        "move_mount(tree.fd0, "", init.fd, "", 68)",
        "close(init.fd)",
        "close(tree.fd0)",
      ]
    `)
  })

  test('may be a file, which is made where there is none', () => {
    const { outside, inside } = late([file])
    expect(outside).toMatchInlineSnapshot(`
      [
        "open_tree(-100, "/srv/answer.txt", 557057)",
        "mount_setattr(tree.fd0, AT_EMPTY_PATH|AT_RECURSIVE, MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV|MOUNT_ATTR_NOEXEC)",
      ]
    `)
    expect(inside).toMatchInlineSnapshot(`
      [
        "openat2("/", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "mkdirat("/work")",
        "close(init.parent)",
        "openat2("/work", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "mkdirat("/work/a")",
        "close(init.parent)",
        "openat2("/work/a", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "mknodat("/b.txt", 0444)",
        "close(init.parent)",
        "openat2("/work/a", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "openat(init.parent, "b.txt", O_RDONLY|O_CLOEXEC|O_PATH|O_NOFOLLOW, 0)",
        "close(init.parent)",
        "move_mount(tree.fd0, "", init.fd, "", 68)",
        "close(init.fd)",
        "close(tree.fd0)",
      ]
    `)
  })

  test('of devices has devices', () => {
    const { outside } = late([{ ...file, source: '/dev/fuse', noexec: false }])
    expect(outside[1]).toBe(
      'mount_setattr(tree.fd0, AT_EMPTY_PATH|AT_RECURSIVE, MOUNT_ATTR_NOSUID)',
    )
  })

  test('may be a link, which takes no source', () => {
    const { outside, inside } = late([
      { type: 'symlink', target: '/work/lib/java', link: '/usr/lib/jvm' },
    ])
    expect(outside).toEqual([])
    expect(inside.at(-2)).toBe('symlinkat("/usr/lib/jvm", "/java")')
  })

  test('may be a tmpfs, which is mounted where the init stands', () => {
    const { outside, inside } = late([
      { type: 'tmpfs', target: '/work/tmp', sizeBytes: 4096, inodes: 10, noexec: true },
    ])
    expect(outside).toEqual([])
    expect(inside.slice(-6)).toMatchInlineSnapshot(`
      [
        "close(init.parent)",
        "openat2("/work/tmp", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "fchdir(init.parent)",
        "mount("tmpfs" -> ".", "tmpfs", MS_NOSUID|MS_NODEV|MS_NOEXEC, "mode=1777,size=4096,nr_inodes=10")",
        "chdir("/")",
        "close(init.parent)",
      ]
    `)
  })

  test('has a place for its descriptor', () => {
    const mounts = [directory, { type: 'tmpfs', target: '/work/tmp' }, file] as const
    const [area] = lateMountAreas({ mounts })
    expect(area).toEqual({
      name: 'tree',
      fields: ['fd0', 'fd1', 'fd2'].map((name) => ({ name, size: 8 })),
    })
    const { outside, inside } = late(mounts)
    expect(outside.filter((call) => call.startsWith('mount_setattr'))).toHaveLength(2)
    expect(inside.filter((call) => call.startsWith('move_mount'))).toEqual([
      'move_mount(tree.fd0, "", init.fd, "", 68)',
      'move_mount(tree.fd2, "", init.fd, "", 68)',
    ])
    expect(inside.filter((call) => call.startsWith('close(tree'))).toEqual([
      'close(tree.fd0)',
      'close(tree.fd2)',
    ])
  })
})

describe('where the kernel has no mount_setattr(2), a mount inside another', () => {
  const remount = (source: string) => [
    { path: source, flags: 0 },
    ...(source === '/srv/tests'
      ? [{ path: '/srv/tests/data/big', flags: MS_NOEXEC | MS_RDONLY }]
      : []),
  ]

  test('is restricted once it is mounted, and each below it', () => {
    const { outside, inside } = late([directory, file], remount)
    expect(outside).toEqual([
      'open_tree(-100, "/srv/tests", 557057)',
      'open_tree(-100, "/srv/answer.txt", 557057)',
    ])
    const attached = inside.flatMap((call) => /^(?:move_mount|mount)\(.*/.exec(call) ?? [])
    expect(attached).toMatchInlineSnapshot(`
      [
        "move_mount(tree.fd0, "", init.fd, "", 68)",
        "mount("/work/tests", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)",
        "mount("/work/tests/data/big", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_REMOUNT|MS_BIND)",
        "move_mount(tree.fd1, "", init.fd, "", 68)",
        "mount("/work/a/b.txt", MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_REMOUNT|MS_BIND)",
      ]
    `)
  })

  test('of the root has its mounts below its target', () => {
    const root = { ...directory, source: '/', target: '/work/host' }
    const everything = () => ['/', '/usr', '/usr/local'].map((path) => ({ path, flags: 0 }))
    const { inside } = late([root], everything)
    const targets = inside.flatMap((call) => /^mount\("([^"]*)"/.exec(call)?.[1] ?? [])
    expect(targets).toEqual(['/work/host', '/work/host/usr', '/work/host/usr/local'])
  })
})

test('a failure says which mount it was', () => {
  const [step] = openTreeSteps({ mounts: [directory], arch: 'x64' })
  expect(step?.failure).toMatchInlineSnapshot(`
    {
      "code": "MOUNT_FAILED",
      "hint": "Check that "/srv/tests" exists and can be read by the user who runs the tests, and that "/work/tests" can be made in the sandbox and is not behind a symbolic link.",
    }
  `)
})
