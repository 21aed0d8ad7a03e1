import {
  MAP_FIXED,
  MAP_PRIVATE,
  MNT_DETACH,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  PROT_READ,
  PROT_WRITE,
} from '../../linux/constants.ts'
import { finish, flatMapInPieces, joinInPieces, type Work } from '../../work.ts'
import { REQUEST_ADDRESS } from '../machine/memory-layout.ts'
import type { SandboxFile, SandboxShape } from '../sandbox-shape.ts'
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
import { answerArea } from './answers.ts'
import { countAreas, helperSteps } from './count.ts'
import { ENTERED, ENTRY, entrySteps, TARGET_ENTRY } from './entry-steps.ts'
import { FD } from './fd-numbers.ts'
import { writeFileSteps } from './file-steps.ts'
import type { Flow } from './flow.ts'
import {
  dropPrivilegesSteps,
  dropRootSteps,
  enterInnerUserNamespaceSteps,
  type IdArguments,
  NAMESPACE_ROOT,
  OWN_IDS,
  ownIdAreas,
} from './identity.ts'
import { kernelLimitSteps } from './kernel-limits.ts'
import {
  attachTreeSteps,
  type LateMountOptions,
  lateMountAreas,
  openTreeSteps,
} from './late-mounts.ts'
import { logArea } from './log.ts'
import { hostnameStep, joinNetworkSteps } from './network.ts'
import { SafePaths } from './paths.ts'
import type { CompleteRoot, ImageOptions, RequestOptions } from './plan-options.ts'
import { programAreas, programSteps } from './program-steps.ts'
import { rootSteps } from './root.ts'
import { enterNamespacesSteps, failSteps, starterAreas, starterSteps } from './starter.ts'
import { startSteps, superviseAreas, superviseSteps, WATCH } from './supervise.ts'
import { prepareTargetSteps, targetArea } from './target.ts'
import { terminalDeviceSteps } from './terminal-devices.ts'
import { openTerminalSteps } from './terminal-steps.ts'
import { chownSteps, treeDirectory } from './trees.ts'

const init = stepsOf('init')
const target = stepsOf('target')

/** The label at which the init, with its root complete, gives up its privileges. */
export const LOCK = 'lock'

/**
 * The part of the launch program that is the same in every run under a policy. The image builds the root, and
 * the request adds to the root. Then the image gives up every privilege, starts the program and watches it.
 * The request also contains the target's last steps, and the steps after the program's end.
 *
 * If no request can add to the root, the image builds the whole root, and has no privilege when it waits for a
 * request. If the filter permits this wait, the target itself waits, and then only has to become the program.
 */
export function planImage(options: ImageOptions): Segment {
  const { policy, flow, filter, discard } = options
  const inside = { uid: policy.uid, gid: policy.gid }
  const { complete } = options
  const targetWaits = complete?.filter !== undefined
  const lock = labelled(LOCK, dropPrivilegesSteps(options.lastCapability, !options.sharesProc))
  return {
    areas: [
      ...starterAreas(options),
      ...imageAreas(filter),
      ...superviseAreas,
      logArea,
      answerArea,
      ...countAreas,
      targetArea,
      ...(complete === undefined ? [] : lateMountAreas({ mounts: [complete.workdir] })),
      ...(hasOwnIds(flow, complete)
        ? ownIdAreas(flow.kind === 'user' ? NAMESPACE_ROOT : inside)
        : []),
    ],
    steps: [
      ...starterSteps(options),
      ...failSteps,
      ...enterNamespacesSteps(policy),
      init('umask', [0]),
      ...rootSteps(options),
      ...(policy.shareUts ? [] : [hostnameStep(policy.hostname)]),
      ...(complete === undefined
        ? [...thenGoTo(ENTRY.mounts, loadRequestSteps(init)), ...lock]
        : [...completeRootSteps(options, complete), ...lock]),
      ...(complete === undefined || targetWaits ? [] : loadRequestSteps(init)),
      ...startSteps(options),
      ...thenGoTo(ENTRY.target, [
        ...prepareTargetSteps({ discard, filter: complete?.filter }),
        ...(targetWaits ? loadRequestSteps(target) : []),
      ]),
      ...superviseSteps(options),
      // Ends the process that waits for a request, when no request will come.
      init('exit_group', [0], { label: 'init.unused' }),
      ...(options.count ? helperSteps(options.count) : []),
    ],
  }
}

// Whether the init takes ids that are not known before the launch program starts.
const hasOwnIds = (flow: Flow, complete: CompleteRoot | undefined): boolean =>
  flow.kind === 'user' ? flow.fromRoot === true : complete !== undefined

// As root, the ids of the files' owner are known only when the launch program starts, so the steps use OWN_IDS.
function completeRootSteps(options: ImageOptions, { workdir, pipes }: CompleteRoot): Step[] {
  const { flow, policy, connects } = options
  const mounts = { ...options, mounts: [workdir] }
  const isRoot = flow.kind === 'root'
  return [
    ...openTreeSteps(mounts),
    ...(isRoot ? chownSteps(treeDirectory(0), OWN_IDS) : []),
    ...enterRootSteps(),
    ...finish(insideRootSteps({ ...mounts, files: [] })),
    ...leaveRootSteps({ policy, connects, pipes, owner: isRoot ? OWN_IDS : undefined }),
  ]
}

/** The init's memory, and the filter. */
export function imageAreas(filter: Uint8Array | undefined): Area[] {
  const fields = ['fd', 'parent', 'from', 'network', 'proc', 'requestSize'].map((name) => ({
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

/**
 * Steps that wait for the request and map it. The counter FD.go (eventfd(2)) reports that the request is ready. When
 * the control pipe is closed, no request will come.
 */
export function loadRequestSteps(step: typeof init): Step[] {
  const SEEK_END = 2
  return [
    step('ppoll', [at('poll.go'), 2, 0, 0, 8]),
    step('read', [FD.go, at('watch.scratch'), 8], { onError: { goto: 'init.unused' } }),
    step('lseek', [FD.request, 0, SEEK_END], { store: 'init.requestSize' }),
    step('mmap', [
      REQUEST_ADDRESS,
      load('init.requestSize'),
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_FIXED,
      FD.request,
      0,
    ]),
  ]
}

/**
 * The rest of the launch program: the run's additions to the root, the program, and the files to collect.
 */
export function* planRequest(options: RequestOptions): Work<Segment> {
  const { program, arch, isComplete } = options
  const ownRoot = isComplete ? [] : yield* ownRootSteps(options)
  return {
    areas: [...programAreas(program), ...lateMountAreas(options)],
    steps: yield* joinInPieces(entrySteps(isComplete), ownRoot, programSteps(program, '/', arch)),
  }
}

/** The steps of a whole launch program in the order of execution, for readers. */
export function stepsInOrder(
  image: Pick<Segment, 'steps'>,
  request: Pick<Segment, 'steps'>,
): Step[] {
  const isComplete = !request.steps.some(({ label }) => label === ENTERED.mounts)
  return [
    ...(isComplete
      ? part(image, { to: WATCH })
      : [
          ...part(image, { to: LOCK }),
          ...part(request, { from: ENTERED.mounts, to: ENTERED.over }),
          ...part(image, { from: LOCK, to: WATCH }),
        ]),
    ...request.steps.slice(TARGET_ENTRY, TARGET_ENTRY + 1),
    ...part(request, { from: ENTERED.target }),
    ...part(image, { from: WATCH }),
    ...part(request, { from: ENTERED.over, to: ENTERED.target }),
  ]
}

// Returns the steps between two labels. By default the part begins with the first step, and ends with the last one.
function part({ steps }: Pick<Segment, 'steps'>, { from, to }: { from?: string; to?: string }) {
  const indexOf = (name: string) => steps.findIndex(({ label }) => label === name)
  return steps.slice(from ? indexOf(from) : 0, to ? indexOf(to) : undefined)
}

const terminalOptions = ({ policy, program }: RequestOptions) => ({
  terminal: program.terminal,
  // /dev already contains the devices for the policy's own terminals.
  ownDevices: policy.terminal === true || policy.mounts.some(({ target }) => target === '/dev'),
})

const ownerOf = (flow: Flow) => (flow.kind === 'root' ? flow : undefined)

function enterRootSteps(): Step[] {
  return [
    // pivot_root(2), "pivot_root(".", ".")": the old root then covers the new one, and umount2(2) releases the old
    // root.
    init('pivot_root', [text('.'), text('.')], { failure: { code: 'NAMESPACES_UNAVAILABLE' } }),
    init('umount2', [text('.'), MNT_DETACH], { failure: { code: 'MOUNT_FAILED' } }),
    init('chdir', [text('/')]),
  ]
}

// The run's additions to the root.
function* ownRootSteps(options: RequestOptions): Work<Step[]> {
  const owner = ownerOf(options.flow)
  const terminal = terminalOptions(options)
  const before = [
    ...openTreeSteps({ ...options, owner }),
    ...(terminal.terminal === undefined || terminal.ownDevices
      ? []
      : terminalDeviceSteps(options.remount)),
    ...enterRootSteps(),
  ]
  return yield* joinInPieces(
    labelled(ENTERED.mounts, before),
    yield* insideRootSteps({ ...options, owner }, openTerminalSteps(terminal)),
    thenGoTo(LOCK, leaveRootSteps({ ...options, owner })),
  )
}

interface InsideRoot extends LateMountOptions {
  readonly files: readonly SandboxFile[]
}

function* insideRootSteps(options: InsideRoot, last: readonly Step[] = []): Work<Step[]> {
  const { arch, files, owner } = options
  const paths = new SafePaths(arch)
  const readOnlyRoot = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
  return yield* joinInPieces(
    yield* attachTreeSteps(options, paths),
    yield* flatMapInPieces(files, ({ target, contents }) =>
      writeFileSteps(target.slice(1), contents, { arch, owner, paths }),
    ),
    last,
    [init('mount', [0, text('/'), 0, readOnlyRoot, 0], { failure: { code: 'MOUNT_FAILED' } })],
  )
}

// Gives up the ownership of the namespaces, which the init does not need once the root is complete.
function leaveRootSteps(options: {
  readonly policy: SandboxShape
  readonly connects: boolean
  readonly owner: IdArguments | undefined
  readonly pipes: readonly number[]
}): Step[] {
  const { policy, connects, owner, pipes } = options
  const inside = { uid: policy.uid, gid: policy.gid }
  return [
    ...joinNetworkSteps(policy.network),
    ...kernelLimitSteps({ connects: connects && policy.network !== 'host' }),
    ...(owner === undefined
      ? enterInnerUserNamespaceSteps(inside)
      : [
          // A program opens its pipe again by /dev/stdout, and only the pipe's owner may do so (pipe(7),
          // proc_pid_fd(5)).
          ...pipes.map((fd) => init('fchown', [fd, owner.uid, owner.gid])),
          ...dropRootSteps({ inside, outside: owner }),
        ]),
  ]
}
