import { describe, expect, test } from 'vitest'
import type { EarlyMount } from '../../../src/launcher/plan/host.ts'
import { MS_NOEXEC, MS_RDONLY } from '../../../src/linux/constants.ts'
import { calls, paths, policy, samplePlan, user } from './sample-plans.ts'

describe('a policy', () => {
  const withPolicy = (changes: Partial<typeof policy>) =>
    calls(samplePlan(user, { policy: { ...policy, ...changes } }).steps)

  test('that shares the host’s network makes no network namespace', () => {
    const network = /NEWNET|network|socket|ioctl\(init/
    expect(withPolicy({ network: 'host' }).filter((call) => network.test(call))).toEqual([])
    expect(
      withPolicy({ network: 'none' }).filter((call) => /^(socket|ioctl\(init)/.test(call)),
    ).toEqual([])
    expect(withPolicy({ network: 'none' })).toContain('unshare(CLONE_NEWNET)')
  })

  test('that shares the host’s name sets none', () => {
    const names = /NEWUTS|sethostname/
    expect(withPolicy({ shareUts: true }).filter((call) => names.test(call))).toEqual([])
    expect(withPolicy({}).filter((call) => names.test(call))).toHaveLength(2)
  })

  test('decides how much of /proc there is', () => {
    const mounts = (proc: typeof policy.proc) =>
      withPolicy({ proc }).filter((call) => call.includes('-> "/proc"') && call.includes('"proc"'))
    expect(mounts('full')).toEqual([
      'mount("proc" -> "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC)',
    ])
    expect(mounts('pid')).toEqual([
      'mount("proc" -> "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, "subset=pid")',
    ])
    expect(mounts('none')).toEqual([])
  })

  test('mounts over and into the sandbox’s own directories', () => {
    const own = { type: 'bind', source: '/srv/a', isDirectory: true, writable: false } as const
    const all = calls(
      samplePlan(user, {
        paths: [
          { ...own, target: '/tmp/a' },
          { type: 'tmpfs', target: '/dev/shm', sizeBytes: 4096 },
        ],
      }).steps,
    )
    const mounts = all.filter((call) => /^mount\(.* -> "\/(tmp|dev\/shm)/.test(call))
    expect(mounts).toEqual([
      'mount("dev/shm" -> "/dev/shm", MS_BIND)',
      'mount("tmp" -> "/tmp", MS_BIND)',
      'mount("/srv/a" -> "/tmp/a", MS_BIND|MS_REC)',
      'mount("tmpfs" -> "/dev/shm", "tmpfs", MS_NOSUID|MS_NODEV, "mode=1777,size=4096")',
    ])
  })

  test.each(['/tmp', '/dev', '/proc'])('that mounts %s itself replaces the sandbox’s', (target) => {
    const paths: readonly EarlyMount[] = [
      { type: 'bind', source: '/srv/a', target, isDirectory: true, writable: false },
    ] as const
    const all = calls(samplePlan(user, { paths }).steps)
    const mounts = all.filter((call) => call.startsWith('mount(') && call.includes(`-> "${target}`))
    expect(mounts.filter((call) => !call.startsWith('mount("gradebox"'))).toEqual(
      target === '/proc'
        ? [expect.stringContaining('root" ->'), `mount("/srv/a" -> "${target}", MS_BIND|MS_REC)`]
        : [`mount("/srv/a" -> "${target}", MS_BIND|MS_REC)`],
    )
  })

  test('without a filter makes the launch program load none', () => {
    const all = calls(samplePlan(user, { filtered: 'no' }).steps)
    expect(all.filter((call) => /seccomp|ioctl\(8|fcntl\(8/.test(call))).toEqual([])
  })

  test('whose filter cannot notify makes the kernel kill', () => {
    const all = calls(samplePlan(user, { filtered: 'kill' }).steps)
    expect(all).toContain('seccomp(SECCOMP_SET_MODE_FILTER, 0, 3 instructions)')
    expect(all.filter((call) => /ioctl\(8|fcntl\(8/.test(call))).toEqual([])
  })
})

describe('where the kernel has no mount_setattr(2)', () => {
  const remount = (path: string) =>
    path === '/usr'
      ? [
          { path: '/usr', flags: 0 },
          { path: '/usr/local', flags: MS_NOEXEC | MS_RDONLY },
        ]
      : [{ path, flags: 0 }]
  const all = calls(samplePlan(user, { remount, paths }).steps)

  test('each mount below a source is remounted by itself, with its own flags', () => {
    expect(all.filter((call) => call.startsWith('mount_setattr'))).toEqual([])
    const remounted = all.filter((call) => call.startsWith('mount("/usr'))
    expect(remounted).toEqual([
      'mount("/usr" -> "/usr", MS_BIND|MS_REC)',
      'mount("/usr", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)',
      'mount("/usr/local", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_REMOUNT|MS_BIND)',
    ])
  })

  test('a device is remounted too, and stays a device', () => {
    expect(all).toContain('mount("/dev/null", MS_RDONLY|MS_NOSUID|MS_NOEXEC|MS_REMOUNT|MS_BIND)')
  })
})

test('without a walltime no timer runs', () => {
  const all = calls(samplePlan(user, { wallTimeMs: undefined, limits: [] }).steps)
  expect(all.filter((call) => call.startsWith('timerfd_settime'))).toEqual([])
})

test.each([
  [1500, '1.500000000 s'],
  [0.0000001, '0.000000001 s'],
  [0.5, '0.000500000 s'],
  [2000, '2.000000000 s'],
  [1999.9999999999, '1.999999999 s'],
])('a walltime of %d ms is a timer of %s', (wallTimeMs, timer) => {
  const all = calls(samplePlan(user, { wallTimeMs }).steps)
  expect(all.find((call) => call.startsWith('timerfd_settime'))).toBe(
    `timerfd_settime(9, 0, ${timer})`,
  )
})

test('an unused stream becomes the sandbox’s /dev/null', () => {
  const all = calls(samplePlan(user, { discard: [1, 2] }).steps)
  expect(all.filter((call) => call.startsWith('dup3(target.fd'))).toEqual([
    'dup3(target.fd, 1, 0)',
    'dup3(target.fd, 2, 0)',
  ])
})
