import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import {
  attachTreeSteps,
  type LateMount,
  type LateMountOptions,
  lateMountAreas,
  openTreeSteps,
} from '../../../src/launcher/plan/late-mounts.ts'
import { SafePaths } from '../../../src/launcher/plan/paths.ts'
import { isOverlayRefusal } from '../../../src/launcher/plan/trees.ts'
import type { Step } from '../../../src/launcher/step.ts'
import { MS_NOEXEC, MS_RDONLY } from '../../../src/linux/constants.ts'
import { finish } from '../../../src/work.ts'

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
    inside: finish(attachTreeSteps(options, new SafePaths('x64'))).map(describeStep),
  }
}

describe('a mount inside another', () => {
  test('is taken with its attributes outside, and mounted inside on an opened directory', () => {
    const { outside, inside } = late([directory])
    expect(outside).toMatchInlineSnapshot(`
      [
        "openat2("/srv/tests", RESOLVE_NO_SYMLINKS)",
        "open_tree("/srv/tests")",
        "close(init.from)",
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
        "move_mount("/srv/tests" -> "/work/tests")",
        "close(init.fd)",
        "close(tree.fd0)",
      ]
    `)
  })

  test('may be a file, which is made where it is missing', () => {
    const { outside, inside } = late([file])
    expect(outside).toMatchInlineSnapshot(`
      [
        "openat2("/srv/answer.txt", RESOLVE_NO_SYMLINKS)",
        "open_tree("/srv/answer.txt")",
        "close(init.from)",
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
        "move_mount("/srv/answer.txt" -> "/work/a/b.txt")",
        "close(init.fd)",
        "close(tree.fd0)",
      ]
    `)
  })

  test('of devices allows devices', () => {
    const { outside } = late([{ ...file, source: '/dev/fuse', noexec: false }])
    expect(outside[3]).toBe(
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

  test('may be a tmpfs, which the init mounts at its place', () => {
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

  test('has a number for its descriptor', () => {
    const mounts = [directory, { type: 'tmpfs', target: '/work/tmp' }, file] as const
    const [area] = lateMountAreas({ mounts })
    expect(area).toEqual({
      name: 'tree',
      fields: ['fd0', 'fd1', 'fd2'].map((name) => ({ name, size: 8 })),
    })
    const { outside, inside } = late(mounts)
    expect(outside.filter((call) => call.startsWith('mount_setattr'))).toHaveLength(2)
    expect(inside.filter((call) => call.startsWith('move_mount'))).toEqual([
      'move_mount("/srv/tests" -> "/work/tests")',
      'move_mount("/srv/answer.txt" -> "/work/a/b.txt")',
    ])
    expect(inside.filter((call) => call.startsWith('close(tree'))).toEqual([
      'close(tree.fd0)',
      'close(tree.fd2)',
    ])
  })
})

describe('an overlay mount', () => {
  const overlay: LateMount = {
    type: 'overlay',
    source: '/srv/a,b',
    target: '/work/o',
    mode: 0o500,
    options: ',userxattr',
    chown: [{ path: 'd', type: 'directory', mode: 0o755, sizeBytes: 0, modifiedMs: 0 }],
    readOnly: false,
    noexec: true,
  }

  test('is made out of sight, mounted late, and filled from inside', () => {
    const options = {
      mounts: [directory, overlay],
      arch: 'x64',
      owner: { uid: 71, gid: 72 },
    } as const
    expect(openTreeSteps(options).slice(2).map(describeStep)).toMatchInlineSnapshot(`
      [
        "close(init.from)",
        "mount_setattr(tree.fd0, AT_EMPTY_PATH|AT_RECURSIVE, MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV)",
        "mkdirat("/proc/1", 0755)",
        "mkdirat("/proc/1/upper", 0700)",
        "mkdirat("/proc/1/work", 0755)",
        "mkdirat("/proc/1/root", 0755)",
        "fchownat("/proc/1/upper", 71, 72)",
        "openat2("/srv/a,b", RESOLVE_NO_SYMLINKS)",
        "fchdir("/srv/a,b")",
        "close(init.from)",
        "mount("overlay" -> "/proc/1/root", "overlay", MS_NOSUID|MS_NODEV, "lowerdir=.,upperdir=/proc/1/upper,workdir=/proc/1/work,userxattr")",
        "chdir("/proc/root")",
        "open_tree(AT_FDCWD, "/proc/1/root", 0x80001)",
      ]
    `)
    const inside = finish(attachTreeSteps(options, new SafePaths('x64'))).map(describeStep)
    const mounted = inside.findLastIndex((call) => call.startsWith('move_mount'))
    expect(inside.slice(mounted)).toMatchInlineSnapshot(`
      [
        "move_mount("/srv/a,b" -> "/work/o")",
        "close(init.fd)",
        "fchdir(tree.fd1)",
        "openat2("/work/o", RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS)",
        "fchownat("/work/o/d", 71, 72)",
        "close(init.parent)",
        "mount(".", MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_REMOUNT|MS_BIND)",
        "chdir("/")",
        "close(tree.fd1)",
      ]
    `)
  })

  test('is recognized by its place when the kernel refuses its upper layer', () => {
    const refused = openTreeSteps({ mounts: [directory, overlay], arch: 'x64' }).filter((step) =>
      isOverlayRefusal(step, 1),
    )
    expect(refused.map(({ syscall }) => syscall)).toEqual(['mount'])
    expect(isOverlayRefusal(refused[0] as Step, 0)).toBe(false)
  })

  test('has no descriptor of its source, but a copy has one', () => {
    const copy: LateMount = { ...overlay, type: 'copy', entries: [] }
    const fields = lateMountAreas({ mounts: [overlay, copy] })[0]?.fields.map(({ name }) => name)
    expect(fields).toEqual(['fd0', 'fd1', 'source1'])
  })
})

test('an idmapped mount is made first, because descriptors of other mounts would reach its number', () => {
  const idmapped: LateMount = {
    type: 'idmapped',
    source: '/srv/w',
    target: '/work',
    disk: { uid: 1001, gid: 1002 },
  }
  const options = {
    mounts: [directory, idmapped],
    arch: 'x64',
    owner: { uid: 71, gid: 72 },
  } as const
  const trees = openTreeSteps(options).filter(({ syscall }) => syscall === 'open_tree')
  expect(trees.map(({ store }) => store)).toEqual(['tree.fd1', 'tree.fd0'])
})

describe('where the kernel has no mount_setattr(2), a mount inside another', () => {
  const remount = (source: string) => [
    { path: source, flags: 0 },
    ...(source === '/srv/tests'
      ? [{ path: '/srv/tests/data/big', flags: MS_NOEXEC | MS_RDONLY }]
      : []),
  ]

  test('is restricted once it is mounted, and each mount below it', () => {
    const { outside, inside } = late([directory, file], remount)
    expect(outside).toEqual([
      'openat2("/srv/tests", RESOLVE_NO_SYMLINKS)',
      'open_tree("/srv/tests")',
      'close(init.from)',
      'openat2("/srv/answer.txt", RESOLVE_NO_SYMLINKS)',
      'open_tree("/srv/answer.txt")',
      'close(init.from)',
    ])
    const attached = inside.flatMap((call) => /^(?:move_mount|mount)\(.*/.exec(call) ?? [])
    expect(attached).toMatchInlineSnapshot(`
      [
        "move_mount("/srv/tests" -> "/work/tests")",
        "mount("/work/tests", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)",
        "mount("/work/tests/data/big", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_REMOUNT|MS_BIND)",
        "move_mount("/srv/answer.txt" -> "/work/a/b.txt")",
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

test('the failure of a mount names the mount', () => {
  const [step] = openTreeSteps({ mounts: [directory], arch: 'x64' })
  expect(step?.failure).toMatchInlineSnapshot(`
    {
      "code": "MOUNT_FAILED",
      "hint": "Check that "/srv/tests" exists and can be read by the user who runs the tests, and that "/work/tests" can be made in the sandbox and is not behind a symbolic link.",
    }
  `)
})
