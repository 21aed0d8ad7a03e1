import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  EINTR,
  F_SETFD,
  FD_CLOEXEC,
  PR_SET_NAME,
  PR_SET_PDEATHSIG,
  SIGCHLD,
  SIGKILL,
} from '../../../ffi/constants.ts'
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
    // Bound to the thread that spawned us (prctl(2)); the parent may have died just before it.
    keeper('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
    keeper('getppid', [], { whenDifferent: { value: options.parentPid, goto: 'keeper.exit' } }),
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
    keeper('clone', [cloneFlags(options), 0, 0, 0, 0], {
      store: 'keeper.init',
      whenEqual: { value: 0, goto: 'init' },
      failure: { code: 'NAMESPACES_UNAVAILABLE' },
    }),
    // The caller waits for this before it goes on.
    keeper('write', [FD.report, bytes(RECORD.started.tag), RECORD.started.size]),
    keeper('close_range', [0, 2, 0]),
    keeper('wait4', [load('keeper.init'), at('keeper.status'), 0, at('keeper.rusage')], {
      label: 'keeper.wait',
      whenEqual: { value: -EINTR, goto: 'keeper.wait' },
    }),
    keeper('write', [FD.report, at('keeper.tag'), RECORD.keeper.size], { onError: 'continue' }),
    keeper('exit_group', [0], { label: 'keeper.exit' }),
  ]
}

function cloneFlags({ flow, shareUts }: KeeperOptions): number {
  return (
    SIGCHLD |
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
