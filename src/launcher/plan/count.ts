import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_PARENT_SETTID,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VM,
  ITIMER_REAL,
  O_CLOEXEC,
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_IOCTL_NOTIF_RECV,
  SECCOMP_IOCTL_NOTIF_SEND,
  SECCOMP_SET_MODE_FILTER,
} from '../../linux/constants.ts'
import { RECORD } from '../report/records.ts'
import { type Area, at, DIE, FAIL, load, type Step, stepsOf, words } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { filterFailure } from './filter-steps.ts'
import { fasterWakeStep } from './log.ts'

/*
 * A denied call leaves no trace if its caller dies before the init has received the notification, because the kernel
 * withdraws the notification. But the kernel numbers the notifications of a filter one after another. A helper of the
 * init therefore makes a call that the filter reports, before the program starts and again after the program's end. The
 * difference of the two numbers is the number of calls that the filter denied. For the count, the init installs the
 * filter in itself. The helpers and the program inherit the filter. The filter recognizes the launch program's own
 * calls by a token, and allows these calls.
 *
 * The helper is a thread, because a thread costs the kernel less than a process. Also, while a process shares the
 * init's memory, each write of an OOM score makes the kernel search all processes of the machine (MMF_MULTIPROCESS). No
 * helper runs at the same time as the program, because the guard protects only process 1, and the thread id of a helper
 * is not 1.
 */

const init = stepsOf('init')

/** The facts about the filter that the count needs. */
export interface CountUse {
  /** The length of the filter, in struct sock_filter. */
  readonly instructions: number
  /** The sixth argument of the helper's call. The filter recognizes and reports the call by this number. */
  readonly token: bigint
}

/** The longest wait for a helper's call, in seconds. */
const HELPER_SECONDS = 60

/** The init's memory for the count: the record. */
export const countAreas: readonly Area[] = [
  {
    name: 'count',
    fields: [
      { name: 'tag', size: 8, init: RECORD.counted.tag },
      // struct seccomp_notif: the id, then the rest. The init uses the same memory again for its answer.
      { name: 'before', size: 8 },
      { name: 'answer', size: 72 },
      { name: 'after', size: 80 },
      // The helper's thread id. With `store`, both threads would store a result here, so the kernel stores the id.
      { name: 'helper', size: 8 },
      // The helper's stack, which grows down.
      { name: 'stack', size: 256 },
      { name: 'stackEnd', size: 8 },
    ],
  },
]

/** Steps with which the init installs the filter in itself, and starts the first helper. */
export const startCountSteps = ({ instructions }: CountUse): Step[] => [
  init(
    'seccomp',
    [
      SECCOMP_SET_MODE_FILTER,
      SECCOMP_FILTER_FLAG_NEW_LISTENER,
      words(instructions, at('filter.code')),
    ],
    { store: 'init.fd', failure: filterFailure },
  ),
  init('dup3', [load('init.fd'), FD.listener, O_CLOEXEC]),
  init('close', [load('init.fd')]),
  fasterWakeStep(),
  helperStep,
]

/**
 * Steps that take the first number, and answer the helper's call. From {@link startCountSteps} to these steps, the
 * helper runs at the same time as the init.
 */
export const countFromSteps = (): Step[] => [
  takeNumberStep,
  receiveStep('before'),
  // struct seccomp_notif_resp starts with the same id. The rest of the struct must be zero. getitimer(2) writes zeros
  // there, because the init's timer never runs.
  init('getitimer', [ITIMER_REAL, at('count.answer')]),
  init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_SEND, at('count.before')], { failure }),
]

/** The label of the first of {@link joinHelperSteps}. */
export const JOIN_HELPER = 'count.join'

/** Steps that wait until the helper has ended. The call for its thread id then fails (ESRCH). */
export const joinHelperSteps = (next: string): Step[] => [
  init('sched_getscheduler', [load('count.helper')], {
    label: JOIN_HELPER,
    onError: { goto: next },
  }),
  init('sched_yield', [], { next: { goto: JOIN_HELPER } }),
]

/** The steps that start the second helper, when no other process has the filter any more. */
export const endCountSteps = (): Step[] => [helperStep]

/** Steps that take the second number, and report both numbers. The helper ends with the init (exit_group(2)). */
export const countToSteps = (): Step[] => [
  takeNumberStep,
  receiveStep('after'),
  init('write', [FD.report, at('count.tag'), RECORD.counted.size]),
]

/** The helper's steps, to which no step of the init leads. The helper only makes its call. */
export const helperSteps = ({ token }: CountUse): Step[] => [
  init('sched_setaffinity', [0, 0, 0, 0, 0, token], { label: 'count.call', onError: 'continue' }),
  // exit(2) ends only this thread; exit_group(2) would also end the init.
  init('exit', [0], { next: { goto: DIE } }),
]

const failure = {
  code: 'SETUP_FAILED',
  hint: 'The thread that counts denied calls did not call in time. The machine has too little memory, or is overloaded.',
} as const

const THREAD =
  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID

// The thread shares the init's memory, but the step machine needs a stack for each thread.
const helperStep = init('clone', [THREAD, at('count.stackEnd'), at('count.helper'), 0, 0], {
  whenEqual: { value: 0, goto: 'count.call' },
  failure,
})

// SECCOMP_IOCTL_NOTIF_RECV alone would wait for ever if no helper calls (seccomp_unotify(2)).
const takeNumberStep = init('ppoll', [at('poll.listener'), 1, words(HELPER_SECONDS, 0), 0, 8], {
  whenDifferent: { value: 1, goto: FAIL },
  failure,
})

const receiveStep = (number: 'before' | 'after'): Step =>
  init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_RECV, at(`count.${number}`)], { failure })
