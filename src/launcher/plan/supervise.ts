import {
  CLOCK_MONOTONIC,
  CLONE_FILES,
  CLONE_VFORK,
  CLONE_VM,
  EINTR,
  EPERM,
  F_GETFD,
  KEYCTL_JOIN_SESSION_KEYRING,
  RLIMIT_SIGPENDING,
  RUSAGE_CHILDREN,
  SECCOMP_IOCTL_NOTIF_RECV,
  SIGCHLD,
  TFD_CLOEXEC,
  TFD_NONBLOCK,
  WNOHANG,
} from '../../linux/constants.ts'
import { RECORD } from '../report/records.ts'
import { type Area, at, bytes, load, type Step, stepsOf, text, words } from '../step.ts'
import { answerSteps, ifAnsweredSteps } from './answers.ts'
import { countFromSteps, JOIN_HELPER, joinHelperSteps, startCountSteps } from './count.ts'
import { counterSteps } from './counter-steps.ts'
import { type EndOptions, endSteps } from './end-steps.ts'
import { FD } from './fd-numbers.ts'
import { fasterWakeStep, logSteps, type Meaning, scratchSteps } from './log.ts'
import { pollFd } from './poll.ts'
import type { ProcessorView } from './processor-steps.ts'
import { USER_SIGPENDING } from './target.ts'

const init = stepsOf('init')

export interface SuperviseOptions extends EndOptions {
  /**
   * The actions for reported calls, if some of these calls continue. Without `log`, each reported call ends the run.
   */
  readonly log: readonly Meaning[] | undefined
  readonly processors?: ProcessorView
}

/**
 * The label at which the init continues when the target has become the program, or when there is no program.
 */
export const WATCH = 'watch'

/** Signals that may be queued for the init. */
const INIT_SIGPENDING = 16

/** The report has this value instead of a CPU time if there is no counter. */
const NO_COUNT = Buffer.alloc(8, 0xff)

const WATCHED = ['control', 'timer', 'signal', 'listener'] as const
/** The init also waits for these descriptors before the request arrives. In memory they precede the watched ones. */
const AWAITED = ['go'] as const

/** The init's memory while it watches the program. */
export const superviseAreas: readonly Area[] = [
  {
    name: 'watch',
    fields: [
      { name: 'target', size: 8 },
      { name: 'reaped', size: 8 },
      { name: 'oomScore', size: 8 },
      { name: 'oomScoreLength', size: 8 },
      { name: 'scratch', size: 128 },
    ],
  },
  // An array of struct pollfd (poll(2)).
  {
    name: 'poll',
    fields: [...AWAITED, ...WATCHED].map((name) => ({ name, size: 8, init: pollFd(FD[name]) })),
  },
  {
    name: 'end',
    fields: [
      { name: 'tag', size: 8, init: RECORD.end.tag },
      { name: 'status', size: 8 },
      { name: 'start', size: 16 },
      { name: 'end', size: 16 },
      { name: 'rusage', size: 144 },
      { name: 'before', size: 144 },
      { name: 'counter', size: 8, init: NO_COUNT },
      { name: 'answered', size: 8 },
      { name: 'refusedBytes', size: 8 },
      { name: 'copy', size: 8 },
    ],
  },
  {
    name: 'walltime',
    fields: [
      { name: 'tag', size: 8, init: RECORD.walltime.tag },
      { name: 'schedstat', size: RECORD.walltime.size - 8 },
    ],
  },
  {
    name: 'denied',
    fields: [
      { name: 'tag', size: 8, init: RECORD.seccomp.tag },
      // struct seccomp_notif, in two parts. The second part starts with the number of the call.
      { name: 'notification', size: 16 },
      { name: 'call', size: 64 },
    ],
  },
]

/**
 * Steps by which the init waits for the event that ends the run, and then cleans up. The steps begin after the start of
 * the program. The init learns of the walltime, a stop by the caller and the program's end through descriptors. Signals
 * would not work, because the program may send any signal to the init, and a pending forged SIGALRM hides the kernel's
 * own SIGALRM.
 */
export function superviseSteps(options: SuperviseOptions): Step[] {
  const watching = [...startedSteps(options), ...loopSteps(options)]
  return [
    ...(options.ending === undefined ? watching : watching.map(endingTheRun)),
    ...endSteps(options),
  ]
}

// The kernel ends a process namespace with its init. Without a namespace, the init itself must end the run after an
// error, for example if the caller is dead and no process reads the report.
const endingTheRun = (step: Step): Step =>
  step.onError === undefined ? { ...step, onError: { goto: 'watch.tampered' } } : step

/** Steps by which the init prepares its watch and clones the target. */
export function startSteps({ log, count }: SuperviseOptions): Step[] {
  const signals = words(1 << (SIGCHLD - 1))
  return [
    // The helper runs at the same time as the init, so the init starts the helper as early as possible.
    ...(count ? startCountSteps(count) : []),
    // Gives the run its own session keyring (keyrings(7)). A kernel without keyrings has no keyring to share.
    init('keyctl', [KEYCTL_JOIN_SESSION_KEYRING, 0], { onError: 'continue' }),
    init('timerfd_create', [CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC], {
      whenDifferent: { value: FD.timer, goto: 'fail' },
    }),
    init('signalfd4', [-1, signals, 8, TFD_NONBLOCK | TFD_CLOEXEC], {
      whenDifferent: { value: FD.signal, goto: 'fail' },
    }),
    // The OOM killer must choose the program's processes first (proc(5)).
    init('pread64', [FD.oomScore, at('watch.oomScore'), 8, 0], { store: 'watch.oomScoreLength' }),
    init('write', [FD.oomScore, text('1000'), 4]),
    ...(log ? scratchSteps() : []),
    // The kernel counts the signals that the program queues for the init against the user's limit. The init's own limit
    // bounds the number of these signals (setrlimit(2)). The init needs no queue entry, because SIGCHLD also arrives
    // without a queue entry.
    init('prlimit64', [0, RLIMIT_SIGPENDING, words(INIT_SIGPENDING, USER_SIGPENDING), 0], {
      tolerate: EPERM,
    }),
    ...(count ? countFromSteps() : []),
    // Records the usage of the init's own children so far. This usage does not count for the program.
    init('getrusage', [RUSAGE_CHILDREN, at('end.before')]),
    ...counterSteps(count ? JOIN_HELPER : 'init.clone'),
    ...(count ? joinHelperSteps('init.clone') : []),
    // Until the child becomes the program, the child shares the init's memory and descriptors, and the init waits
    // (clone(2), CLONE_VFORK). The init therefore sees the child's failures, and receives the filter's notification
    // descriptor.
    init('clone', [CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, 0, 0, 0, 0], {
      label: 'init.clone',
      store: 'watch.target',
      whenEqual: { value: 0, goto: 'target' },
      next: { goto: WATCH },
    }),
  ]
}

function startedSteps({ listener, log, ending, processors }: SuperviseOptions): Step[] {
  // An ending with `orphans` signals each process through its directory in /proc, so the init keeps /proc open.
  const closed = [
    FD.oomScore,
    ...(ending?.orphans ? [] : [FD.proc]),
    FD.request,
    FD.go,
    ...(processors?.sys ? [FD.processors] : []),
  ]
  return [
    // The init closes its ends of the streams, because a pipe ends only after all its writers have closed their ends.
    // close_range(2) returns 0. If no request came, the size of the request is also 0. The init then has nothing to
    // watch.
    init('close_range', [0, 2, 0], {
      label: WATCH,
      whenEqual: { value: load('init.requestSize'), goto: 'init.unused' },
    }),
    // The high score is for the program only. The init must survive to report the end, so the init restores its score.
    // The kernel always allows a return to the old value.
    init('write', [FD.oomScore, at('watch.oomScore'), load('watch.oomScoreLength')], {
      onError: 'continue',
    }),
    ...closed.map((fd) => init('close', [fd])),
    // Checks that the notification descriptor is open at its number.
    ...(listener ? [init('fcntl', [FD.listener, F_GETFD])] : []),
    ...(log ? [fasterWakeStep()] : []),
  ]
}

function loopSteps(options: SuperviseOptions): Step[] {
  const { listener } = options
  return [
    init('ppoll', [at('poll.control'), listener ? WATCHED.length : WATCHED.length - 1, 0, 0, 8], {
      label: 'watch.wait',
      whenEqual: { value: -EINTR, goto: 'watch.wait' },
      // The call fails only if the program, which has the same user, lowers the init's limits (prlimit(2)).
      onError: { goto: 'watch.tampered' },
    }),
    init('read', [FD.signal, at('watch.scratch'), 128], { onError: 'continue' }),
    init('wait4', [-1, at('end.status'), WNOHANG, 0], {
      label: 'watch.reap',
      store: 'watch.reaped',
      whenEqual: { value: load('watch.target'), goto: 'watch.exited' },
    }),
    ...(listener ? listenerSteps(options) : []),
    init('read', [FD.timer, at('watch.scratch'), 8], {
      onError: 'continue',
      whenEqual: { value: 8, goto: 'watch.walltime' },
    }),
    // A byte or the end of file in the control pipe ends the run. After the error EAGAIN the init continues.
    init('read', [FD.control, at('watch.scratch'), 1], {
      onError: { goto: 'watch.more' },
      next: { goto: 'watch.stopped' },
    }),
    // clock_gettime(2) returns 0, which differs from the reaped pid after the init has reaped an orphan. The init then
    // reaps again, because another orphan may wait. Between two orphans, the init checks the time.
    init('clock_gettime', [CLOCK_MONOTONIC, at('watch.scratch')], {
      label: 'watch.more',
      whenDifferent: { value: load('watch.reaped'), goto: 'watch.reap' },
      next: { goto: 'watch.wait' },
    }),
  ]
}

function listenerSteps(options: SuperviseOptions): Step[] {
  const { log, arch, answers = [] } = options
  return [
    // SECCOMP_IOCTL_NOTIF_RECV blocks when there is no notification, so the init polls first (seccomp_unotify(2)).
    init('ppoll', [at('poll.listener'), 1, words(0, 0), 0, 8], {
      whenEqual: { value: 0, goto: 'watch.quiet' },
      onError: { goto: 'watch.tampered' },
    }),
    ...(log ? logSteps(log, arch) : killSteps(options)),
    ...(answers.length > 0 ? answerSteps(log ? 'logged' : 'denied', arch, afterEnd(options)) : []),
    // The receive failed. Either the process that made the denied call is dead, or every process with the filter exits.
    // In the second case the descriptor hangs up, because the kernel's do_exit() releases the filter early. The init
    // then only waits for the target.
    init('ppoll', [bytes(pollFd(FD.listener, 0)), 1, words(0, 0), 0, 8], {
      label: 'watch.gone',
      whenEqual: { value: 0, goto: 'watch.quiet' },
      onError: { goto: 'watch.tampered' },
    }),
    init('wait4', [load('watch.target'), at('end.status'), 0, 0], {
      next: { goto: 'watch.exited' },
    }),
    init('clock_gettime', [CLOCK_MONOTONIC, at('watch.scratch')], { label: 'watch.quiet' }),
  ]
}

// The label at which the init continues when the program ended before the answer to its call.
const afterEnd = ({ count }: SuperviseOptions): string => (count ? 'watch.calls' : 'watch.tampered')

function killSteps({ answers = [] }: SuperviseOptions): Step[] {
  return [
    init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_RECV, at('denied.notification')], {
      onError: { goto: 'watch.gone' },
    }),
    ...ifAnsweredSteps(answers, 'watch.denied'),
    init('write', [FD.report, at('denied.tag'), RECORD.seccomp.size], {
      label: 'watch.denied',
      next: { goto: 'watch.stop' },
    }),
  ]
}
