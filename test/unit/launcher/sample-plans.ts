import { expect } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import type { Arch } from '../../../src/launcher/machine/machine.ts'
import type { Collection } from '../../../src/launcher/plan/collect-steps.ts'
import type { Flow } from '../../../src/launcher/plan/flow.ts'
import { type EarlyMount, isInsideMount } from '../../../src/launcher/plan/host.ts'
import type { LateMount } from '../../../src/launcher/plan/late-mounts.ts'
import { planImage, planRequest, stepsInOrder } from '../../../src/launcher/plan/plan.ts'
import type { ImageOptions, RequestOptions } from '../../../src/launcher/plan/plan-options.ts'
import type { ProgramUse } from '../../../src/launcher/plan/program-steps.ts'
import type { Step } from '../../../src/launcher/step.ts'
import { resourceLimits } from '../../../src/limits/rlimit.ts'
import type { Limits } from '../../../src/limits/table.ts'
import type { Policy } from '../../../src/policy/policy.ts'
import { assembleRequest, makeImage } from '../../../src/runner/launch/launch.ts'
import { finish } from '../../../src/work.ts'

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
  workdirTarget: '/work',
  mounts: [],
  files: [
    { target: '/etc/passwd', contents: 'student:x:1000:1000::/work:/bin/sh\n' },
    { target: '/work/policy.txt', contents: 'from the policy' },
  ],
  env: {},
  limits: {},
}

/** One of the first 64 processors, and one of the next 64. */
const affinity = { processors: [1, 64], token: 0x5678n, isShown: true }

/** The sample policy's mounts, as a host has them. */
export const paths: readonly EarlyMount[] = [
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

export type PlanChanges = Partial<
  Omit<ImageOptions & RequestOptions & ProgramUse, 'filter' | 'complete' | 'isComplete' | 'program'>
> & {
  readonly filtered?: 'listener' | 'log' | 'kill' | 'no'
  /** The first of the run's mounts. */
  readonly workdir?: LateMount
}

/** The meaning of the filter's notifications. */
const meanings = [
  { from: 0, action: 'log' },
  { from: 101, action: 'kill' },
  { from: 102, action: 'log' },
] as const
/** Three instructions of eight bytes. */
const FILTER = new Uint8Array(24)
const filters = {
  listener: { instructions: 3, report: 'listener', by: 'init' },
  log: {
    instructions: 3,
    report: 'listener',
    by: 'target',
    log: { execToken: 0x1234n, killsUnreported: false, records: true },
  },
  kill: { instructions: 3, report: 'kill', by: 'target' },
} as const

/** The two halves of a launch program; mounts inside a mount come late, as for every policy. */
export function samplePlan(flow: Flow, { filtered = 'listener', ...changes }: PlanChanges = {}) {
  const options = {
    policy,
    arch: 'x64' as Arch,
    flow,
    parentPid: 4321,
    oomScore: 500,
    paths,
    diskBytes: 16 * 1024 * 1024,
    masked: [
      { path: '/proc/interrupts', isDirectory: false },
      { path: '/proc/fs', isDirectory: true },
    ],
    processors: { count: 1, sys: true, proc: { stat: 'cpu  0\n' } },
    sharesProc: false,
    workdir: workdirs.empty,
    mounts: [],
    files: [{ target: '/work/in/data.txt', contents: '1 2\n' }],
    candidates: ['/usr/bin/a.out', '/bin/a.out'],
    argv: ['a.out', '--fast'],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/work',
    wallTimeMs: 1500,
    limits: resourceLimits({ cpuTimeMs: 1000, processes: 8 }, {}),
    collect: { paths: ['/work/out.txt'], by: 'copies' } as Collection,
    discard: [2],
    pipes: [0, 1],
    connects: true,
    lastCapability: 2,
    cgroup: false,
    isComplete: false,
    ...changes,
  }
  const isLate = ({ target }: { readonly target: string }) =>
    isInsideMount(target, options.paths, '/work')
  const isEarly = (entry: { readonly target: string }) => !isLate(entry)
  const image = planImage({
    ...options,
    paths: options.paths.filter(isEarly),
    files: options.policy.files.filter(isEarly),
    filter: filtered === 'no' ? undefined : FILTER,
    listener: filtered === 'listener' || filtered === 'log',
    log: filtered === 'log' ? meanings : undefined,
    count: filtered === 'listener' ? { instructions: 3, token: 0x1235n } : undefined,
  })
  const request = finish(
    planRequest({
      ...options,
      program: {
        ...options,
        affinity,
        filter: filtered === 'no' ? undefined : filters[filtered],
      },
      mounts: [options.workdir, ...options.paths.filter(isLate), ...options.mounts],
      files: [...options.policy.files.filter(isLate), ...options.files],
    }),
  )
  return { image, request, steps: stepsInOrder(image, request), arch: options.arch }
}

/**
 * The same for a run that adds nothing to the root, so the image builds the whole root.
 *
 * @param waiter the process that waits for the request: the target if its filter allows that
 */
export function completePlan(
  flow: Flow,
  waiter: 'init' | 'target' = 'target',
  { limits = {} }: { readonly limits?: Limits } = {},
) {
  const filterUse = { instructions: 3, report: 'listener', by: 'target' } as const
  const policyFiles = policy.files.filter(({ target }) => !target.startsWith('/work/'))
  const machine = { arch: 'x64' as Arch, lastCapability: 2 }
  const options = { policy, flow, listener: true, connects: false, ...machine }
  const image = planImage({
    ...options,
    parentPid: 4321,
    oomScore: 500,
    paths,
    diskBytes: undefined,
    masked: [],
    processors: { count: 1, sys: true, proc: {} },
    sharesProc: false,
    files: policyFiles,
    filter: FILTER,
    log: undefined,
    count: undefined,
    cgroup: false,
    discard: [],
    complete: {
      workdir: workdirs.empty,
      pipes: [0, 1],
      filter: waiter === 'target' ? filterUse : undefined,
    },
  })
  const request = finish(
    planRequest({
      ...options,
      mounts: [],
      files: [],
      pipes: [0, 1],
      isComplete: true,
      program: {
        candidates: ['/bin/true'],
        argv: ['true'],
        env: {},
        cwd: '/work',
        wallTimeMs: limits.wallTimeMs,
        limits: resourceLimits(limits, {}),
        affinity,
        collect: { paths: [], by: 'copies' },
        filter: waiter === 'target' ? undefined : filterUse,
      },
    }),
  )
  return { image, request, steps: stepsInOrder(image, request) }
}

/** A sample plan in its executable form. */
export function assembledPlan(flow: Flow, changes: PlanChanges = {}) {
  const { image, request, arch } = samplePlan(flow, changes)
  const made = makeImage(image, arch)
  return { image: made.assembled, request: finish(assembleRequest(made, request)), elf: made.elf }
}

/** The steps that the init executes in order, up to the program's start. */
export const initSteps = (steps: readonly Step[]): Step[] =>
  steps.filter(({ process }) => process === 'init')

const entries = [
  { path: 'src', type: 'directory', mode: 0o755, sizeBytes: 0, modifiedMs: 1500 },
  { path: 'src/main.py', type: 'file', mode: 0o644, sizeBytes: 12, modifiedMs: 2000 },
  { path: 'link', type: 'symlink', mode: 0o777, sizeBytes: 4, modifiedMs: 0, link: 'src' },
  { path: 'socket', type: 'other', mode: 0o600, sizeBytes: 0, modifiedMs: 0 },
] as const
const source = '/home/alice/work'

const shown = { source, target: '/work' } as const
const cow = { ...shown, mode: 0o755, readOnly: false } as const

export const workdirs = {
  empty: { type: 'empty', target: '/work' },
  bind: { type: 'bind', ...shown, isDirectory: true, writable: true },
  'read-only bind': { type: 'bind', ...shown, isDirectory: true, writable: false },
  'idmapped bind': { type: 'idmapped', ...shown, disk: { uid: 1001, gid: 1002 } },
  overlay: { type: 'overlay', ...cow, options: ',userxattr', chown: entries },
  'read-only overlay': { type: 'overlay', ...cow, readOnly: true, options: '', chown: [] },
  copy: { type: 'copy', ...cow, entries },
  'read-only copy': { type: 'copy', ...cow, entries, readOnly: true },
} as const satisfies Readonly<Record<string, LateMount>>

/** Every way to show a working directory, for each flow that has it. */
export const workdirVariants = [user, root].flatMap((flow) =>
  Object.entries(workdirs)
    .filter(([, { type }]) => flow.kind === 'root' || type !== 'idmapped')
    .map(([name, workdir]): { flow: Flow; name: string; workdir: LateMount } => ({
      flow,
      name,
      workdir,
    })),
)

/** Steps in the words that a person reads. */
export const calls = (steps: readonly Step[]): string[] => steps.map(describeStep)

/** Expects these calls among the steps, once each, in this order. */
export function expectOrder(steps: readonly Step[], order: readonly string[]): void {
  const all = calls(steps)
  const found = all.filter((call) => order.some((start) => call.startsWith(start)))
  expect(found.map((call) => order.find((start) => call.startsWith(start)))).toEqual(order)
}

/** The steps that the init executes in the entered root before it starts the program. */
export function enteredSteps(steps: readonly Step[]): Step[] {
  const init = initSteps(steps)
  const entered = init.findIndex(({ syscall }) => syscall === 'pivot_root')
  return init.slice(
    entered,
    init.findIndex(({ store }) => store === 'watch.target'),
  )
}
