import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import {
  bindSteps,
  isOwnTmpfs,
  remountSteps,
  tmpfsStep,
} from '../../../src/launcher/plan/mount-steps.ts'
import { FreshDirectories } from '../../../src/launcher/plan/paths.ts'
import { MS_NOEXEC, MS_NOSUID, MS_RDONLY } from '../../../src/linux/constants.ts'
import { calls, initSteps, samplePlan, workdirVariants } from './sample-plans.ts'

test.each(workdirVariants)(
  'before the first mount, mount events stop propagating in both directions: $flow.kind, $name',
  ({ flow, workdir }) => {
    const all = calls(initSteps(samplePlan(flow, { workdir }).steps))
    const mounts = all.filter((call) => /^(mount|move_mount|open_tree|pivot_root)/.test(call))
    expect(mounts[0]).toBe('mount("/", MS_REC|MS_PRIVATE)')
    expect(mounts.filter((call) => /MS_(SHARED|SLAVE|PRIVATE)/.test(call))).toHaveLength(1)
  },
)

describe('mounts that are remounted one by one', () => {
  const remounted = (source: string, target: string, ...paths: readonly string[]) =>
    remountSteps(
      { source, target, readOnly: true },
      paths.map((path) => ({ path, flags: 0 })),
    ).map((step) => /^mount\("([^"]*)"/.exec(describeStep(step))?.[1])

  test.each([
    ['/usr', 'usr', '/usr', '/usr'],
    ['/usr', 'usr', '/usr/local', '/usr/local'],
    ['/srv/a', 'work/b', '/srv/a/c/d', '/work/b/c/d'],
    ['/', 'host', '/', '/host'],
    ['/', 'host', '/usr/local', '/host/usr/local'],
    ['/srv/file', 'etc/file', '/srv/file', '/etc/file'],
  ])('of %s at %s: %s is at %s', (source, target, path, expected) => {
    expect(remounted(source, target, path)).toEqual([expected])
  })

  test('keep their flags, which may be locked', () => {
    const [step] = remountSteps({ source: '/a', target: 'a', readOnly: false }, [
      { path: '/a', flags: MS_RDONLY | MS_NOEXEC },
    ])
    expect(step === undefined ? '' : describeStep(step)).toBe(
      'mount("/a", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_REMOUNT|MS_BIND)',
    )
  })

  test('always get at least nosuid', () => {
    const steps = remountSteps({ source: '/a', target: 'a', readOnly: false, devices: true }, [
      { path: '/a', flags: 0 },
      { path: '/a/b', flags: 0 },
    ])
    for (const { args } of steps) expect(Number(args[3]) & MS_NOSUID).toBe(MS_NOSUID)
  })
})

describe('a bind of the policy', () => {
  const bind = { source: '/srv/a', target: 'a/b', isDirectory: true, readOnly: true }
  const shown = (changes: Partial<Parameters<typeof bindSteps>[0]>) =>
    bindSteps({ ...bind, ...changes }, new FreshDirectories()).map(describeStep)

  test('of a directory is mounted on one that is made', () => {
    expect(shown({})).toEqual([
      'mkdirat("/a", 0755)',
      'mkdirat("/a/b", 0755)',
      'mount("/srv/a" -> "/a/b", MS_BIND|MS_REC)',
      'mount_setattr("/a/b", AT_RECURSIVE, MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV)',
    ])
  })

  test('of a file is mounted on one that is made', () => {
    expect(shown({ isDirectory: false }).slice(0, 2)).toEqual([
      'mkdirat("/a", 0755)',
      'mknodat("/a/b", 0444)',
    ])
  })

  test('may be writable, have devices, or forbid execution', () => {
    expect(shown({ readOnly: false, devices: true, noexec: true }).at(-1)).toBe(
      'mount_setattr("/a/b", AT_RECURSIVE, MOUNT_ATTR_NOSUID|MOUNT_ATTR_NOEXEC)',
    )
  })
})

describe('a tmpfs', () => {
  const tmpfs = { type: 'tmpfs', target: '/a' } as const

  test.each([
    [{}, false],
    [{ noexec: false }, false],
    [{ sizeBytes: 1 }, true],
    [{ inodes: 1 }, true],
    [{ noexec: true }, true],
  ])('with %j is a mount of its own: %s', (changes, own) => {
    expect(isOwnTmpfs({ ...tmpfs, ...changes })).toBe(own)
  })

  test.each([
    [{}, 'MS_NOSUID|MS_NODEV, "mode=1777"'],
    [{ sizeBytes: 4096 }, 'MS_NOSUID|MS_NODEV, "mode=1777,size=4096"'],
    [{ inodes: 5 }, 'MS_NOSUID|MS_NODEV, "mode=1777,nr_inodes=5"'],
    [{ noexec: true }, 'MS_NOSUID|MS_NODEV|MS_NOEXEC, "mode=1777"'],
  ])('with %j is mounted with %s', (changes, options) => {
    expect(describeStep(tmpfsStep('a', { ...tmpfs, ...changes }))).toBe(
      `mount("tmpfs" -> "/a", "tmpfs", ${options})`,
    )
  })
})
