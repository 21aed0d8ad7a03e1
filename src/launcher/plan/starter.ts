import {
  AT_FDCWD,
  AT_REMOVEDIR,
  CLONE_FILES,
  CLONE_INTO_CGROUP,
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  CLONE_PARENT,
  EBUSY,
  F_SETFD,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  PR_SET_NAME,
  PR_SET_PDEATHSIG,
  SIGCHLD,
  SIGKILL,
  SIGTERM,
  SIGUSR1,
} from '../../linux/constants.ts'
import { argument } from '../describe/arguments.ts'
import type { Arch } from '../machine/machine.ts'
import { HEAD } from '../machine/memory-layout.ts'
import { RECORD } from '../report/records.ts'
import type { SandboxShape } from '../sandbox-shape.ts'
import { type Area, at, FAIL, load, type Step, stepsOf, text, words } from '../step.ts'
import { FD, FIRST_UNUSED_FD } from './fd-numbers.ts'
import type { Flow } from './flow.ts'
import { becomeUserSteps, enterUserNamespaceSteps, NAMESPACE_ROOT, OWN_IDS } from './identity.ts'
import { announceNetworkSteps, makeNetworkSteps } from './network.ts'
import { oomScoreSteps } from './oom-score-steps.ts'
import type { ImageFilter } from './plan-options.ts'

const starter = stepsOf('starter')
const init = stepsOf('init')

export interface StarterOptions extends Pick<ImageFilter, 'onlyLocal'> {
  readonly policy: Pick<SandboxShape, 'network' | 'shareUts' | 'uid' | 'gid'>
  readonly flow: Flow
  readonly arch: Arch
  /** The process that spawns the starter. If this process has already ended, the starter ends the run. */
  readonly parentPid: number
  /** The score that the kernel's OOM killer gives the sandbox. */
  readonly oomScore: number
  /** Whether each run has a control group of its own. Gradebox writes the group's path to {@link CGROUP_PATH}. */
  readonly cgroup: boolean
}

/** The place for the path of a run's control group. Only an image for runs with a control group has this place. */
export const CGROUP_PATH = { place: 'cgroup.path', size: 1024 } as const

/** The starter's memory: its record, and for a run with a control group the argument of clone3(2). */
export function starterAreas(options: StarterOptions): Area[] {
  const record = {
    name: 'starter',
    fields: [
      { name: 'tag', size: 8, init: RECORD.started.tag },
      { name: 'init', size: 8 },
    ],
  }
  if (!options.cgroup) return [record]
  // struct clone_args: flags, three pointers, exit_signal (ignored with CLONE_PARENT), five more words, cgroup.
  const args = Buffer.alloc(11 * 8)
  args.writeBigUInt64LE(BigInt(initFlags(options)) | CLONE_INTO_CGROUP, 0)
  args.writeBigUInt64LE(BigInt(FD.cgroup), 10 * 8)
  return [
    record,
    {
      name: 'cgroup',
      fields: [
        { name: 'path', size: CGROUP_PATH.size },
        { name: 'args', size: args.length, init: args },
      ],
    },
  ]
}

/** The first steps of every starter: its name, its descriptors, and the caller's /proc at FD.proc. */
export function openingSteps(arch: Arch): Step[] {
  return [
    starter('prctl', [PR_SET_NAME, text('gradebox'), 0, 0, 0]),
    // Closes the descriptors that the caller leaked without close-on-exec.
    starter('close_range', [FIRST_UNUSED_FD, 0xffff_ffff, 0], {
      failure: { code: 'UNSUPPORTED_PLATFORM', hint: 'Gradebox needs Linux 5.9 or newer.' },
    }),
    ...[FD.report, FD.control, FD.request, FD.collect, FD.go].map((fd) =>
      starter('fcntl', [fd, F_SETFD, FD_CLOEXEC]),
    ),
    starter('openat', [AT_FDCWD, text('/proc'), O_PATH | O_DIRECTORY[arch] | O_CLOEXEC, 0], {
      whenDifferent: { value: FD.proc, goto: FAIL },
    }),
  ]
}

/**
 * The starter's steps. The starter makes the init in new namespaces. While the init builds the root, the starter makes
 * the network namespace, which takes the kernel about the same time. The init is the caller's own child (CLONE_PARENT).
 * The caller itself waits for the init, so the caller is the first process that notices the end of a run.
 */
export function starterSteps(options: StarterOptions): Step[] {
  const { flow, arch } = options
  const network = networkToMake(options)
  return [
    ...tieSteps(options),
    ...openingSteps(arch),
    ...oomScoreSteps(options.oomScore),
    ...enterUserSteps(options),
    ...announceNetworkSteps(network),
    ...cloneSteps(options),
    starter('write', [FD.report, at('starter.tag'), RECORD.started.size]),
    ...makeNetworkSteps(network, {
      asRoot: flow.kind === 'root',
      next: options.cgroup ? 'group.keep' : 'starter.exit',
    }),
    ...(options.cgroup ? keepGroupSteps() : []),
    starter('exit_group', [0], { label: 'starter.exit' }),
  ]
}

/** The network that the starter makes. Local sockets need no loopback interface. */
function networkToMake({ policy, onlyLocal }: StarterOptions) {
  return policy.network === 'loopback' && onlyLocal ? 'none' : policy.network
}

// For an ordinary user, the starter makes the user namespace. For root, the init makes the user namespace later.
function enterUserSteps(options: StarterOptions): Step[] {
  const { flow } = options
  if (flow.kind === 'root') return []
  if (flow.fromRoot !== true) return enterUserNamespaceSteps(flow)
  // The change of uid clears PR_SET_PDEATHSIG (prctl(2)).
  return [
    ...becomeUserSteps({ inside: NAMESPACE_ROOT, outside: OWN_IDS }, 'starter'),
    ...tieSteps(options),
  ]
}

// Makes the process end with the thread that spawned the process (prctl(2)). This thread may already have ended before
// the prctl, so getppid checks. The keeper of a control group must survive to remove the group, so the kernel sends the
// keeper a blocked signal instead of SIGKILL.
const tieSteps = ({ parentPid, cgroup }: StarterOptions): Step[] => [
  starter('prctl', [PR_SET_PDEATHSIG, cgroup ? SIGTERM : SIGKILL, 0, 0, 0]),
  starter('getppid', [], {
    whenDifferent: { value: parentPid, goto: cgroup ? 'group.remove' : 'starter.exit' },
  }),
]

function cloneSteps(options: StarterOptions): Step[] {
  const made = { store: 'starter.init', whenEqual: { value: 0, goto: 'init' } }
  const flags = initFlags(options)
  if (!options.cgroup) {
    const failure = { code: 'NAMESPACES_UNAVAILABLE' } as const
    return [starter('clone', [flags | SIGCHLD, 0, 0, 0, 0], { ...made, failure })]
  }
  const failure = {
    code: 'LIMIT_UNAVAILABLE',
    hint: 'The kernel refused to start a process in the control group that was made for it: cgroups(7).',
  } as const
  return [
    starter('openat', [AT_FDCWD, at(CGROUP_PATH.place), O_PATH | O_CLOEXEC, 0], {
      store: 'init.fd',
      failure,
    }),
    starter('dup3', [load('init.fd'), FD.cgroup, O_CLOEXEC]),
    starter('close', [load('init.fd')]),
    starter('clone3', [at('cgroup.args'), 11 * 8], {
      ...made,
      failure,
      shown: `${argument('clone', flags)}|CLONE_INTO_CGROUP, ${FD.cgroup}`,
    }),
  ]
}

// A process cannot leave its process namespace, so the clone makes the new one. The init makes the other namespaces
// itself, while the starter makes the network namespace. Meanwhile the init and the starter share one table of
// descriptors, so the init gets the descriptor of the network namespace.
const initFlags = ({ policy }: StarterOptions): number =>
  CLONE_PARENT | CLONE_NEWPID | (policy.network === 'host' ? 0 : CLONE_FILES)

/** The init's first steps. The init arranges to end with the caller, and makes its namespaces except the network's. */
export const enterNamespacesSteps = ({ shareUts }: Pick<SandboxShape, 'shareUts'>): Step[] => [
  init('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0], { label: 'init' }),
  init('setsid', []),
  init('unshare', [CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWCGROUP | (shareUts ? 0 : CLONE_NEWUTS)], {
    failure: { code: 'NAMESPACES_UNAVAILABLE' },
  }),
]

/** The caller sends this signal to the keeper of a group when the caller removes the group itself. */
export const DISMISSED = SIGUSR1

const NS_PER_MS = 1_000_000

// The starter stays as the keeper of the group. When the caller ends, the init ends too. The group is soon empty,
// and the keeper removes the group.
function keepGroupSteps(): Step[] {
  const signals = words((1 << (SIGTERM - 1)) | (1 << (DISMISSED - 1)))
  return [
    starter('unshare', [CLONE_FILES], { label: 'group.keep' }),
    starter('close_range', [0, 0xffff_ffff, 0]),
    starter('rt_sigtimedwait', [signals, 0, 0, 8], {
      label: 'group.wait',
      whenEqual: { value: DISMISSED, goto: 'starter.exit' },
      onError: { goto: 'group.wait' },
    }),
    starter('unlinkat', [AT_FDCWD, at(CGROUP_PATH.place), AT_REMOVEDIR], {
      label: 'group.remove',
      whenEqual: { value: -EBUSY, goto: 'group.busy' },
      onError: { goto: 'starter.exit' },
      next: { goto: 'starter.exit' },
    }),
    starter('ppoll', [0, 0, words(0, NS_PER_MS), 0, 8], {
      label: 'group.busy',
      next: { goto: 'group.remove' },
    }),
  ]
}

/** The steps after a failed step. They report the failed step, and end the process that executed the failed step. */
export const failSteps: readonly Step[] = [
  starter('write', [FD.report, HEAD.tag, HEAD.recordSize], { label: FAIL, onError: 'continue' }),
  starter('exit_group', [1]),
]
