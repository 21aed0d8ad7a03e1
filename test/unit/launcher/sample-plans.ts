import type { Policy } from '../../../src/policy/policy.ts'
import type { Arch } from '../../../src/runner/launcher/machine/machine.ts'
import type { Flow } from '../../../src/runner/launcher/plan/flow.ts'
import type { HostPath } from '../../../src/runner/launcher/plan/host.ts'
import {
  type ImageOptions,
  planImage,
  planRequest,
  type RequestOptions,
} from '../../../src/runner/launcher/plan/plan.ts'
import type { Step } from '../../../src/runner/launcher/step.ts'
import { assembleRequest, makeImage } from '../../../src/runner/run/launch.ts'

export const user: Flow = { kind: 'user', uid: 1234, gid: 5678 }
export const root: Flow = { kind: 'root', uid: 0x4000_0001, gid: 0x4000_0002, initial: true }

export const policy: Policy = {
  name: 'sample',
  description: '',
  hostname: 'gradebox',
  uid: 1000,
  gid: 1000,
  network: 'loopback',
  shareUts: false,
  proc: 'full',
  mounts: [],
  files: [
    { target: '/etc/passwd', contents: 'student:x:1000:1000::/work:/bin/sh\n' },
    { target: '/work/policy.txt', contents: 'from the policy' },
  ],
  env: {},
  limits: {},
}

/** The sample policy's mounts, as a host has them. */
export const paths: readonly HostPath[] = [
  { type: 'bind', source: '/usr', target: '/usr', isDirectory: true, writable: false },
  { type: 'symlink', link: 'usr/bin', target: '/bin' },
  {
    type: 'bind',
    source: '/etc/ld.so.cache',
    target: '/etc/ld.so.cache',
    isDirectory: false,
    writable: false,
  },
  { type: 'tmpfs', target: '/scratch', sizeBytes: 4096 },
]

export type PlanChanges = Partial<Omit<ImageOptions & RequestOptions, 'filter'>> & {
  readonly filtered?: 'listener' | 'kill' | 'no'
}

/** Three instructions of eight bytes. */
const FILTER = new Uint8Array(24)

/** The two halves of a launch program, and the options from which they were made. */
export function samplePlan(flow: Flow, { filtered = 'listener', ...changes }: PlanChanges = {}) {
  const options = {
    policy,
    arch: 'x64' as Arch,
    flow,
    parentPid: 4321,
    paths,
    diskBytes: 16 * 1024 * 1024,
    workdir: { how: 'empty' } as const,
    mounts: [],
    files: [{ target: '/work/in/data.txt', contents: '1 2\n' }],
    candidates: ['/usr/bin/a.out', '/bin/a.out'],
    argv: ['a.out', '--fast'],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/work',
    limits: { walltimeMs: 1500, cpuMs: 1000, processes: 8 },
    collect: ['/work/out.txt'],
    discard: [2],
    lastCapability: 2,
    ...changes,
  }
  const image = planImage({ ...options, filter: filtered === 'no' ? undefined : FILTER })
  const use = filtered === 'no' ? undefined : { instructions: 3, report: filtered }
  const request = planRequest({ ...options, filter: use })
  return { image, request, steps: [...image.steps, ...request.steps], arch: options.arch }
}

/** A sample plan in the form in which it is executed. */
export function assembledPlan(flow: Flow, changes: PlanChanges = {}) {
  const { image, request, arch } = samplePlan(flow, changes)
  const made = makeImage(image, arch)
  return { image: made.assembled, request: assembleRequest(made, request), elf: made.elf }
}

/** The steps that the init takes in order, up to the program's start. */
export const initSteps = (steps: readonly Step[]): Step[] =>
  steps.filter(({ process }) => process === 'init')
