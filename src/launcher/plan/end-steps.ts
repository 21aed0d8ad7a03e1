import {
  __WALL,
  CLOCK_MONOTONIC,
  ECHILD,
  RUSAGE_CHILDREN,
  SECCOMP_IOCTL_NOTIF_RECV,
  SIGKILL,
  WNOHANG,
} from '../../linux/constants.ts'
import type { Arch } from '../machine/machine.ts'
import { RECORD } from '../report/records.ts'
import { at, bytes, labelled, load, type Step, stepsOf, thenGoTo, words } from '../step.ts'
import { ifAnsweredSteps } from './answers.ts'
import { type CountUse, countToSteps, endCountSteps } from './count.ts'
import { readCounterStep } from './counter-steps.ts'
import { ENTRY } from './entry-steps.ts'
import { FD } from './fd-numbers.ts'

const init = stepsOf('init')

/** The steps by which an init ends a run. */
export interface Ending {
  /**
   * Steps that kill every process of the run, or enough processes that the others end too.
   *
   * @param at the use of the steps. It is part of their labels, because labels must be unique
   */
  readonly kill: (at: 'stop' | 'exited') => Step[]
  /**
   * Steps that reap until no process is left. The first step has the label `watch.orphans`. The last step leads to
   * `watch.end`.
   */
  readonly orphans?: readonly Step[]
  /** Steps after the last process has ended. */
  readonly gone: readonly Step[]
}

/** Ends every process of a process namespace, except its first. */
const endNamespace: Ending = {
  kill: (at) => [
    ...(at === 'exited' ? [skipWithoutChildStep] : []),
    init('kill', [-1, SIGKILL], { onError: 'continue' }),
  ],
  gone: [],
}

// Every process of the namespace descends from the init. If the init has no child (ECHILD), there is no process to
// kill. The step avoids kill(-1), for which the kernel visits each process of the machine. __WALL includes children
// that do not signal their end.
const skipWithoutChildStep = init('wait4', [-1, 0, WNOHANG | __WALL, 0], {
  whenEqual: { value: -ECHILD, goto: 'watch.end' },
  onError: 'continue',
})

// If the caller is dead, the write fails, because no process reads the report. The run still ends.
const unread = { onError: 'continue' } as const

// A process that the program leaves behind may wait in a denied call. A kill would withdraw that call's notification.
function lastCallSteps({ answers = [] }: EndOptions): Step[] {
  const none = { onError: { goto: 'watch.last' } } as const
  return [
    init('ppoll', [at('poll.listener'), 1, words(0, 0), 0, 8], {
      label: 'watch.calls',
      whenEqual: { value: 0, goto: 'watch.last' },
      ...none,
    }),
    init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_RECV, at('denied.notification')], none),
    ...ifAnsweredSteps(answers, 'watch.lastDenied'),
    init('write', [FD.report, at('denied.tag'), RECORD.seccomp.size], {
      label: 'watch.lastDenied',
    }),
    init('clock_gettime', [CLOCK_MONOTONIC, at('watch.scratch')], { label: 'watch.last' }),
  ]
}

/** The options that decide how the init ends a run. */
export interface EndOptions {
  /** Whether the filter reports by notification. */
  readonly listener: boolean
  readonly arch: Arch
  /** The numbers of the calls that the filter reports and the init answers: see `answers.ts`. */
  readonly answers?: readonly number[] | undefined
  /** Set if the init counts the denied calls. The init then installs the filter. */
  readonly count?: CountUse | undefined
  /** How the init ends all processes of the run. By default, the init ends every process of its process namespace. */
  readonly ending?: Ending | undefined
}

/** Steps by which the init reports why the run ends, kills and reaps every process, and reports the end. */
export function endSteps(options: EndOptions): Step[] {
  const { ending = endNamespace, listener, count } = options
  const { kill, orphans = reapSteps(), gone } = ending
  return [
    // The time for which the program waited for a processor. A kernel without CONFIG_SCHED_INFO does not measure this
    // time.
    init('pread64', [FD.schedstat, at('walltime.schedstat'), RECORD.walltime.size - 8, 0], {
      label: 'watch.walltime',
      onError: 'continue',
    }),
    init('write', [FD.report, at('walltime.tag'), RECORD.walltime.size], {
      ...unread,
      next: { goto: 'watch.stop' },
    }),
    init('write', [FD.report, bytes(RECORD.tampered.tag), RECORD.tampered.size], {
      label: 'watch.tampered',
      ...unread,
      next: { goto: 'watch.stop' },
    }),
    init('write', [FD.report, bytes(RECORD.stopped.tag), RECORD.stopped.size], {
      label: 'watch.stopped',
      ...unread,
    }),
    init('clock_gettime', [CLOCK_MONOTONIC, at('end.end')], { label: 'watch.stop' }),
    ...kill('stop'),
    init('wait4', [load('watch.target'), at('end.status'), 0, 0], {
      next: { goto: 'watch.orphans' },
    }),
    init('clock_gettime', [CLOCK_MONOTONIC, at('end.end')], { label: 'watch.exited' }),
    ...(listener && count ? lastCallSteps(options) : []),
    ...kill('exited'),
    ...orphans,
    ...labelled('watch.end', [...(count ? endCountSteps() : []), readCounterStep('end.counter')]),
    init('getrusage', [RUSAGE_CHILDREN, at('end.rusage')]),
    ...gone,
    ...thenGoTo(ENTRY.over, [
      init('write', [FD.report, at('end.tag'), RECORD.end.size]),
      ...(count ? countToSteps() : []),
    ]),
  ]
}

// The usage of the init's children includes the orphans that the init reaps. The usage of orphans that the kernel reaps
// at the end of the namespace is lost.
const reapSteps = (): Step[] => [
  init('wait4', [-1, 0, 0, 0], {
    label: 'watch.orphans',
    onError: { goto: 'watch.end' },
    next: { goto: 'watch.orphans' },
  }),
]
