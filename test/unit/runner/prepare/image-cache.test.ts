import { describe, expect, test } from 'vitest'
import type { Flow } from '../../../../src/launcher/plan/flow.ts'
import type { Policy } from '../../../../src/policy/policy.ts'
import {
  hostMachine,
  isAtLeast,
  nextFlow,
  supportedArch,
} from '../../../../src/runner/host-machine.ts'
import { policyImage } from '../../../../src/runner/prepare/image-cache.ts'

const bind = { type: 'bind', writable: false, optional: false } as const
const policy: Policy = {
  name: 'sample',
  description: '',
  hostname: 'gradebox',
  uid: 1000,
  gid: 1000,
  network: 'none',
  shareUts: false,
  proc: 'full',
  workdirTarget: '/work',
  mounts: [
    { ...bind, source: '/usr', target: '/usr' },
    { ...bind, source: '/dev', target: '/usr/local/here' },
    { ...bind, source: '/dev', target: '/work/there' },
    { type: 'tmpfs', target: '/scratch' },
  ],
  files: [
    { target: '/etc/passwd', contents: '' },
    { target: '/scratch/file', contents: '' },
    { target: '/work/file', contents: '' },
  ],
  env: {},
  limits: {},
}
const user: Flow = { kind: 'user', uid: 1234, gid: 5678 }
const root: Flow = { kind: 'root', uid: 71, gid: 72, initial: true }
const use = {
  flow: user,
  level: 'full',
  diskBytes: undefined,
  processors: 1,
  answered: { allocationBytes: 1n << 35n, mappingBytes: 1n << 47n },
  report: 'listener',
  cgroup: false,
  workdirTarget: '/work',
  adds: true,
  pipes: [0, 1, 2],
  discard: [],
} as const

describe('a policy’s image', () => {
  test('leaves to each run the parts inside the working directory or a mount', () => {
    const { late } = policyImage(policy, use)
    expect(late.mounts.map(({ target }) => target)).toEqual(['/work/there', '/usr/local/here'])
    expect(late.files.map(({ target }) => target)).toEqual(['/scratch/file', '/work/file'])
  })

  // An early write would empty and change the host's file, where the mount is writable.
  test('never writes a file where a mount will be', () => {
    const hosts = { ...bind, source: '/etc/hosts', target: '/etc/hosts', writable: true }
    const files = [{ target: '/etc/hosts', contents: '127.0.0.1 localhost' }]
    const { late } = policyImage({ ...policy, mounts: [hosts], files }, use)
    expect(late.files).toEqual(files)
  })

  test('has all other parts', () => {
    const elf = Buffer.from(policyImage(policy, use).image.elf).toString('latin1')
    for (const own of ['/usr\0', 'scratch\0', 'etc/passwd\0']) expect(elf).toContain(own)
    for (const late of ['local/here', 'work/there', 'scratch/file', 'work/file']) {
      expect(elf).not.toContain(late)
    }
  })

  test('is made once for each use', () => {
    const made = policyImage(policy, use)
    expect(policyImage(policy, { ...use })).toBe(made)
    for (const other of [
      { flow: root },
      { diskBytes: 4096 },
      { report: 'kill' },
      { cgroup: true },
      { workdirTarget: '/hako' },
      { adds: false },
      { adds: false, pipes: [0] },
      { discard: [2] },
    ] as const) {
      expect(policyImage(policy, { ...use, ...other })).not.toBe(made)
    }
    expect(policyImage({ ...policy }, use)).not.toBe(made)
    const next = { ...root, uid: 73 }
    expect(policyImage(policy, { ...use, flow: next })).toBe(
      policyImage(policy, { ...use, flow: root }),
    )
  })
})

describe('the machine', () => {
  test.each([
    ['5.12.0', true],
    ['5.11.22-generic', false],
    ['6.1.0-18-amd64', true],
    ['4.19.0', false],
    ['5.15-rc1', true],
  ])('of kernel %s has mount_setattr(2): %s', (kernel, expected) => {
    expect(isAtLeast(kernel, 5, 12)).toBe(expected)
  })

  test.each([
    ['darwin', 'arm64'],
    ['linux', 'ia32'],
  ])('with %s on %s is refused', (platform, arch) => {
    expect(() => supportedArch(platform, arch)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_PLATFORM' }),
    )
  })

  test('has a last capability', () => {
    expect(hostMachine().lastCapability).toBeGreaterThan(30)
    expect(hostMachine()).toBe(hostMachine())
  })

  test('has a flow for its current user', () => {
    const flow = nextFlow()
    const [uid, gid] = [process.geteuid?.(), process.getegid?.()]
    if (uid === 0) expect(flow.uid === 0 || flow.kind === 'root').toBe(true)
    else expect(flow).toEqual({ kind: 'user', uid, gid })
  })
})
