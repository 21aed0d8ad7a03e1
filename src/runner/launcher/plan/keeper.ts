import {
  AT_FDCWD,
  AT_REMOVEDIR,
  CLONE_INTO_CGROUP,
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  EINTR,
  F_SETFD,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_PATH,
  PR_SET_NAME,
  PR_SET_PDEATHSIG,
  SIGCHLD,
  SIGKILL,
} from '../../../ffi/constants.ts'
import { cloneFlags } from '../describe/flags.ts'
import { HEAD } from '../machine/layout.ts'
import { RECORD } from '../report/records.ts'
import { type Area, at, bytes, FAIL, load, type Step, stepsOf, text } from '../step.ts'
import { FD, FIRST_UNUSED_FD } from './descriptors.ts'
import type { Flow } from './flow.ts'

const keeper = stepsOf('keeper')

export interface KeeperOptions {
  readonly flow: Flow
  /** The process that spawns the keeper: when it is gone already, so is the reason to run. */
  readonly parentPid: number
  readonly shareUts: boolean
  /** Whether each run has a control group of its own, whose path is written to {@link CGROUP_PATH}. */
  readonly cgroup: boolean
}

/** Where a run's control group is named, in an image for runs that have one. */
export const CGROUP_PATH = { place: 'cgroup.path', size: 1024 } as const

/** The memory of a keeper whose init has a control group: the argument of clone3(2). */
export function cgroupAreas(options: KeeperOptions): Area[] {
  if (!options.cgroup) return []
  // struct clone_args: flags, three pointers, exit_signal, five more words, cgroup.
  const args = Buffer.alloc(11 * 8)
  args.writeBigUInt64LE(BigInt(namespaceFlags(options)) | CLONE_INTO_CGROUP, 0)
  args.writeBigUInt64LE(BigInt(SIGCHLD), 4 * 8)
  args.writeBigUInt64LE(BigInt(FD.cgroup), 10 * 8)
  return [
    {
      name: 'cgroup',
      fields: [
        { name: 'path', size: CGROUP_PATH.size },
        { name: 'args', size: args.length, init: args },
      ],
    },
  ]
}

/** The keeper's memory: the init's pid, and the record that it writes when the init has ended. */
export const keeperAreas: readonly Area[] = [
  {
    name: 'keeper',
    fields: [
      { name: 'init', size: 8 },
      { name: 'tag', size: 8, init: RECORD.keeper.tag },
      { name: 'status', size: 8 },
      { name: 'rusage', size: 144 },
    ],
  },
]

/**
 * The keeper's steps: it makes the init in its namespaces, waits for it, and writes how it ended. It
 * is outside the sandbox, so that nothing inside can signal it.
 */
export function keeperSteps(options: KeeperOptions): Step[] {
  return [
    ...dieWithParentSteps(options),
    keeper('prctl', [PR_SET_NAME, text('gradebox'), 0, 0, 0]),
    // Out of the terminal's process group: Ctrl-C is for the test runner.
    keeper('setsid', []),
    // What the caller leaked without close-on-exec ends here.
    keeper('close_range', [FIRST_UNUSED_FD, 0xffff_ffff, 0], {
      failure: { code: 'UNSUPPORTED_PLATFORM', hint: 'Gradebox needs Linux 5.9 or newer.' },
    }),
    ...[FD.report, FD.control, FD.request, FD.collect].map((fd) =>
      keeper('fcntl', [fd, F_SETFD, FD_CLOEXEC]),
    ),
    ...cloneSteps(options),
    // The caller waits for this before it goes on.
    keeper('write', [FD.report, bytes(RECORD.started.tag), RECORD.started.size]),
    keeper('close_range', [0, 2, 0]),
    keeper('wait4', [load('keeper.init'), at('keeper.status'), 0, at('keeper.rusage')], {
      label: 'keeper.wait',
      whenEqual: { value: -EINTR, goto: 'keeper.wait' },
    }),
    ...(options.cgroup ? [orphanStep(options, 'keeper.report')] : []),
    ...(options.cgroup ? removeCgroupSteps('keeper.report') : []),
    keeper('write', [FD.report, at('keeper.tag'), RECORD.keeper.size], {
      label: 'keeper.report',
      onError: 'continue',
    }),
    keeper('exit_group', [0], { label: 'keeper.exit' }),
  ]
}

function dieWithParentSteps(options: KeeperOptions): Step[] {
  const { parentPid } = options
  // Somebody has to remove the control group when the caller is gone: the keeper. The init ends then all
  // the same, for its control pipe has come to its end.
  if (options.cgroup) {
    return [
      keeper('getppid', [], { whenEqual: { value: parentPid, goto: 'keeper.start' } }),
      ...removeCgroupSteps('keeper.exit'),
      keeper('getpid', [], { label: 'keeper.start' }),
    ]
  }
  return [
    // Bound to the thread that spawned us (prctl(2)); the parent may have died just before it.
    keeper('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
    keeper('getppid', [], { whenDifferent: { value: parentPid, goto: 'keeper.exit' } }),
  ]
}

/** A step that goes on at a label while the caller is there, for then it removes the control group. */
const orphanStep = ({ parentPid }: KeeperOptions, label: string): Step =>
  keeper('getppid', [], { whenEqual: { value: parentPid, goto: label } })

const removeCgroupSteps = (next: string): Step[] => [
  keeper('unlinkat', [AT_FDCWD, at(CGROUP_PATH.place), AT_REMOVEDIR], {
    onError: 'continue',
    next: { goto: next },
  }),
]

function cloneSteps(options: KeeperOptions): Step[] {
  const made = { store: 'keeper.init', whenEqual: { value: 0, goto: 'init' } }
  if (!options.cgroup) {
    const flags = namespaceFlags(options) | SIGCHLD
    const failure = { code: 'NAMESPACES_UNAVAILABLE' } as const
    return [keeper('clone', [flags, 0, 0, 0, 0], { ...made, failure })]
  }
  const failure = {
    code: 'LIMIT_UNAVAILABLE',
    hint: 'The kernel refused to start a process in the control group that was made for it: cgroups(7).',
  } as const
  return [
    keeper('openat', [AT_FDCWD, at(CGROUP_PATH.place), O_PATH | O_CLOEXEC, 0], {
      whenDifferent: { value: FD.cgroup, goto: 'fail' },
      failure,
    }),
    keeper('clone3', [at('cgroup.args'), 11 * 8], {
      ...made,
      failure,
      shown: `${cloneFlags(namespaceFlags(options))}|CLONE_INTO_CGROUP, ${FD.cgroup}`,
    }),
    keeper('close', [FD.cgroup]),
  ]
}

function namespaceFlags({ flow, shareUts }: KeeperOptions): number {
  return (
    CLONE_NEWNS |
    CLONE_NEWPID |
    CLONE_NEWIPC |
    CLONE_NEWCGROUP |
    (shareUts ? 0 : CLONE_NEWUTS) |
    (flow.kind === 'user' ? CLONE_NEWUSER : 0)
  )
}

/** The step that every failed one goes to: it reports that one, and ends its process. */
export const failSteps: readonly Step[] = [
  keeper('write', [FD.report, HEAD.tag, HEAD.recordSize], { label: FAIL, onError: 'continue' }),
  keeper('exit_group', [1]),
]
