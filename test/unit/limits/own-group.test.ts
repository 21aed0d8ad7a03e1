import { describe, expect, test } from 'vitest'
import { ownGroup } from '../../../src/limits/cgroup/delegation.ts'
import { ownV1Group } from '../../../src/limits/cgroup/v1.ts'

const unified = '35 25 0:30 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n'
const hybrid =
  '36 25 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n37 25 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n'

describe('the group of this process', () => {
  test('is below the mount of cgroup v2', () => {
    const own = ownGroup(unified, '0::/user.slice/user-1000.slice/run.scope\n')
    expect(own).toBe('/sys/fs/cgroup/user.slice/user-1000.slice/run.scope')
    expect(ownGroup(hybrid, '8:memory:/x\n0::/\n')).toBe('/sys/fs/cgroup/unified/')
  })

  test('is relative to the mounted part of the hierarchy, as in a container', () => {
    const part = unified.replace(' / /sys', ' /docker/abc /sys')
    expect(ownGroup(part, '0::/docker/abc\n')).toBe('/sys/fs/cgroup')
    expect(ownGroup(part, '0::/docker/abc/tests\n')).toBe('/sys/fs/cgroup/tests')
    expect(ownGroup(part, '0::/docker/abcd\n')).toBeUndefined()
  })

  test('is undefined where there is only cgroup v1', () => {
    expect(ownGroup(hybrid.split('\n')[0] ?? '', '8:memory:/x\n')).toBeUndefined()
  })
})

describe('the group of this process in a hierarchy of cgroup v1', () => {
  const mounts = [
    '36 25 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '37 25 0:32 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct',
    '38 25 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n')
  const cgroups = '8:memory:/jobs/7\n3:cpu,cpuacct:/docker/abc/tests\n2:pids:/x\n0::/\n'

  test('is below the mount of the controller, also where controllers share it', () => {
    expect(ownV1Group('memory', mounts, cgroups)).toBe('/sys/fs/cgroup/memory/jobs/7')
    expect(ownV1Group('cpuacct', mounts, cgroups)).toBe('/sys/fs/cgroup/cpu,cpuacct/tests')
  })

  test('is undefined where the controller is not mounted, or only in cgroup v2', () => {
    expect(ownV1Group('pids', mounts, cgroups)).toBeUndefined()
    expect(ownV1Group('memory', mounts, '0::/\n')).toBeUndefined()
  })
})
