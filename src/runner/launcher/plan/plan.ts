import {
  AT_FDCWD,
  MAP_FIXED,
  MAP_PRIVATE,
  MNT_DETACH,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  PR_SET_PDEATHSIG,
  PROT_READ,
  PROT_WRITE,
  SIGKILL,
} from '../../../ffi/constants.ts'
import type { Limits, Policy, SandboxFile } from '../../../policy/policy.ts'
import type { EnforcementByLimit } from '../../result.ts'
import { REQUEST_ADDRESS } from '../machine/layout.ts'
import type { Arch } from '../machine/machine.ts'
import {
  type Area,
  at,
  labelled,
  load,
  type Segment,
  type Step,
  stepsOf,
  text,
  thenGoTo,
} from '../step.ts'
import { collectAreas, collectSteps, diagnoseExecSteps, execAreas } from './collect.ts'
import { FD } from './descriptors.ts'
import { ENTERED, ENTRY, entrySteps } from './entries.ts'
import { writeFileSteps } from './files.ts'
import type { Flow } from './flow.ts'
import type { EarlyMount } from './host.ts'
import { dropPrivilegesSteps, dropRootSteps, mapIdsSteps } from './identity.ts'
import { cgroupAreas, failSteps, keeperAreas, keeperSteps } from './keeper.ts'
import { attachTreeSteps, type LateMount, lateMountAreas, openTreeSteps } from './late-mounts.ts'
import { resourceLimits } from './limits.ts'
import { logArea, type Meaning } from './log.ts'
import type { HostMount } from './mounts.ts'
import { hostnameStep, joinNetworkSteps, networkSteps, startNetworkSteps } from './network.ts'
import { SafePaths } from './paths.ts'
import { rootSteps } from './root.ts'
import { superviseAreas, superviseSteps } from './supervise.ts'
import { type FilterUse, targetArea, targetSteps } from './target.ts'
import { openTerminalSteps, type TerminalUse, terminalDeviceSteps } from './terminal.ts'

const init = stepsOf('init')

/** The label at which the init, with its root complete, gives up its privileges. */
const LOCK = 'lock'

/** What every run under a policy has in common. */
export interface ImageOptions {
  readonly policy: Policy
  readonly arch: Arch
  readonly flow: Flow
  readonly parentPid: number
  /** The policy's mounts, but for those inside others. */
  readonly paths: readonly EarlyMount[]
  readonly remount?: ((source: string) => readonly HostMount[]) | undefined
  /** The policy's files that are in no mount. */
  readonly files: readonly SandboxFile[]
  readonly diskBytes: number | undefined
  /** The compiled seccomp filter, struct sock_filter[]. */
  readonly filter: Uint8Array | undefined
  /** Whether the filter reports by notification. */
  readonly listener: boolean
  /** Set when some of what it reports goes on: which calls. */
  readonly log: readonly Meaning[] | undefined
  readonly lastCapability: number
  /** Whether each run has a control group. */
  readonly cgroup: boolean
}

/** What differs from run to run. */
export interface RequestOptions {
  readonly policy: Policy
  readonly arch: Arch
  readonly flow: Flow
  /** The working directory, the run's own mounts, and those of the policy that each run makes. */
  readonly mounts: readonly LateMount[]
  readonly remount?: ((source: string) => readonly HostMount[]) | undefined
  /** The run's own files, and the policy's in mounts. */
  readonly files: readonly SandboxFile[]
  readonly candidates: readonly string[]
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly limits: Limits
  readonly enforcement: EnforcementByLimit
  readonly collect: readonly string[]
  readonly filter: FilterUse | undefined
  readonly discard: readonly number[]
  /** The pseudo-terminal that the program gets, if it gets one. */
  readonly terminal?: TerminalUse | undefined
  /** The standard streams that are pipes of ours; the program may open them again. */
  readonly pipes: readonly number[]
}

/**
 * What of the launch program is the same in every run under a policy: it builds the root; then, when the
 * request has added to it, gives up every privilege, starts the program and watches it. In between, and
 * at the end, the request has its turn.
 */
export function planImage(options: ImageOptions): Segment {
  const { policy, flow, arch, filter } = options
  const keeper = { ...options, shareUts: policy.shareUts }
  const inside = { uid: policy.uid, gid: policy.gid }
  return {
    areas: [
      ...keeperAreas,
      ...cgroupAreas(keeper),
      ...imageAreas(filter),
      ...superviseAreas,
      logArea,
    ],
    steps: [
      ...keeperSteps(keeper),
      ...failSteps,
      init('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0], { label: 'init' }),
      ...(options.cgroup ? [init('close', [FD.cgroup])] : []),
      init('openat', [AT_FDCWD, text('/proc'), O_PATH | O_DIRECTORY[arch] | O_CLOEXEC, 0], {
        whenDifferent: { value: FD.proc, goto: 'fail' },
      }),
      // First of all, for it takes longest.
      ...startNetworkSteps(policy.network),
      init('setsid', []),
      init('umask', [0]),
      ...(flow.kind === 'user' ? mapIdsSteps({ inside, outside: flow }) : []),
      ...rootSteps(options),
      ...(policy.shareUts ? [] : [hostnameStep(policy.hostname)]),
      ...loadRequestSteps(),
      ...networkSteps(policy.network),
      ...labelled(LOCK, dropPrivilegesSteps(options.lastCapability)),
      ...superviseSteps(options),
    ],
  }
}

function imageAreas(filter: Uint8Array | undefined): Area[] {
  const fields = ['fd', 'parent', 'from', 'network', 'requestSize'].map((name) => ({
    name,
    size: 8,
  }))
  return [
    { name: 'init', fields },
    ...(filter === undefined
      ? []
      : [{ name: 'filter', fields: [{ name: 'code', size: filter.length, init: filter }] }]),
  ]
}

// The request is ready when the control pipe has a byte; at its end of file there will be none.
function loadRequestSteps(): Step[] {
  const SEEK_END = 2
  return [
    init('ppoll', [at('poll.control'), 1, 0, 0, 8]),
    init('read', [FD.control, at('watch.scratch'), 1], {
      whenEqual: { value: 0, goto: 'init.unused' },
      next: { goto: 'init.request' },
    }),
    init('exit_group', [0], { label: 'init.unused' }),
    init('lseek', [FD.request, 0, SEEK_END], { label: 'init.request', store: 'init.requestSize' }),
    init('mmap', [
      REQUEST_ADDRESS,
      load('init.requestSize'),
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_FIXED,
      FD.request,
      0,
    ]),
    init('close', [FD.request], { next: { goto: ENTRY.mounts } }),
  ]
}

/** The rest of the launch program: what this run adds to the root, what it runs, and what it brings back. */
export function planRequest(options: RequestOptions): Segment {
  const { candidates, cwd, collect, arch, limits } = options
  return {
    areas: [
      ...execAreas(candidates),
      ...collectAreas(collect),
      ...lateMountAreas(options),
      targetArea,
    ],
    steps: [
      ...entrySteps(),
      ...labelled(
        ENTERED.mounts,
        thenGoTo(LOCK, [
          ...openTreeSteps({ ...options, owner: ownerOf(options.flow) }),
          ...terminalDeviceSteps(terminalOptions(options)),
          ...enterRootSteps(),
          ...insideRootSteps(options),
        ]),
      ),
      ...labelled(ENTERED.over, diagnoseExecSteps(candidates, { cwd, done: 'collect' })),
      init('chdir', [text('/')], { label: 'collect' }),
      ...collectSteps(collect, arch),
      init('exit_group', [0]),
      ...targetSteps({
        ...options,
        walltimeMs: limits.walltimeMs,
        limits: resourceLimits(limits, options.enforcement),
      }),
    ],
  }
}

/** The steps of a whole launch program in the order in which they are taken, for who reads them. */
export function stepsInOrder(
  image: Pick<Segment, 'steps'>,
  request: Pick<Segment, 'steps'>,
): Step[] {
  const lock = image.steps.findIndex(({ label }) => label === LOCK)
  const mounts = request.steps.findIndex(({ label }) => label === ENTERED.mounts)
  const over = request.steps.findIndex(({ label }) => label === ENTERED.over)
  return [
    ...image.steps.slice(0, lock),
    ...request.steps.slice(mounts, over),
    ...image.steps.slice(lock),
    ...request.steps.slice(over),
  ]
}

const terminalOptions = ({ policy, terminal, remount }: RequestOptions) => ({
  terminal,
  remount,
  ownDevices: policy.mounts.some(({ target }) => target === '/dev'),
})

const ownerOf = (flow: Flow) => (flow.kind === 'root' ? flow : undefined)

function enterRootSteps(): Step[] {
  return [
    // pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is let go.
    init('pivot_root', [text('.'), text('.')], { failure: { code: 'MOUNT_FAILED' } }),
    init('umount2', [text('.'), MNT_DETACH], { failure: { code: 'MOUNT_FAILED' } }),
    init('chdir', [text('/')]),
  ]
}

function insideRootSteps(options: RequestOptions): Step[] {
  const { policy, flow, arch, files } = options
  const owner = ownerOf(flow)
  const paths = new SafePaths(arch)
  const readOnlyRoot = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
  return [
    ...attachTreeSteps({ ...options, owner }, paths),
    ...files.flatMap(({ target, contents }) =>
      writeFileSteps(target.slice(1), contents, { arch, owner, paths }),
    ),
    ...openTerminalSteps(terminalOptions(options)),
    init('mount', [0, text('/'), 0, readOnlyRoot, 0], { failure: { code: 'MOUNT_FAILED' } }),
    ...joinNetworkSteps(policy.network),
    // Only its owner may open a pipe again, as /dev/stdout (pipe(7), proc_pid_fd(5)).
    ...(flow.kind === 'root' ? options.pipes : []).map((fd) =>
      init('fchown', [fd, flow.uid, flow.gid]),
    ),
    ...(flow.kind === 'root' ? dropRootSteps(flow, policy) : []),
  ]
}
