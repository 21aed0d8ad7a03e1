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
 * A denied call leaves no trace if its caller is killed before the init has received the notification, because the
 * kernel takes the notification back. But the kernel numbers the notifications of a filter one after another. A helper
 * of the init therefore makes a call that the filter reports, before the program starts and again after its end. The
 * difference of the two numbers is the number of calls that the filter denied. The init itself has the filter for that,
 * and its helpers and the program inherit it. The filter lets the launch program's own calls pass by a token.
 *
 * The helper is a thread, because a thread costs the kernel less than a process. Also, a process that shares the init's
 * memory makes each write of an OOM score look at every process of the machine (MMF_MULTIPROCESS). No helper lives
 * while the program does, because the guard protects process 1 by its number, and a thread has another number.
 */

const init = stepsOf('init')

/** The facts about the filter that the count needs. */
export interface CountUse {
  /** Its length in struct sock_filter. */
  readonly instructions: number
  /** The filter reports a call of the helper that has this number in the sixth register. */
  readonly token: bigint
}

/** The time limit of a helper's call, in seconds. The helper has nothing else to do. */
const HELPER_SECONDS = 60

/** The init's memory for the count: the record. */
export const countAreas: readonly Area[] = [
  {
    name: 'count',
    fields: [
      { name: 'tag', size: 8, init: RECORD.counted.tag },
      // struct seccomp_notif: its id, and the rest, which becomes the rest of the answer.
      { name: 'before', size: 8 },
      { name: 'answer', size: 72 },
      { name: 'after', size: 80 },
      // The helper's number, from the kernel; the step machine would let both threads store it.
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
 * Steps that take the first number, and wait until the helper is gone. Between them and the first ones, the helper runs
 * beside the init.
 */
export const countFromSteps = (): Step[] => [
  takeNumberStep,
  receiveStep('before'),
  // struct seccomp_notif_resp starts with the same id. The rest must be zero, as the init's timer is, which never runs.
  init('getitimer', [ITIMER_REAL, at('count.answer')]),
  init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_SEND, at('count.before')], { failure }),
]

/** The label of the first of {@link joinHelperSteps}. */
export const JOIN_HELPER = 'count.join'

/** Steps that wait until the helper is gone: its number is free then (ESRCH). */
export const joinHelperSteps = (next: string): Step[] => [
  init('sched_getscheduler', [load('count.helper')], {
    label: JOIN_HELPER,
    onError: { goto: next },
  }),
  init('sched_yield', [], { next: { goto: JOIN_HELPER } }),
]

/** The steps that start the second helper, when no other process has the filter any more. */
export const endCountSteps = (): Step[] => [helperStep]

/** Steps that take the second number, and report both. The init's end is the helper's too (exit_group(2)). */
export const countToSteps = (): Step[] => [
  takeNumberStep,
  receiveStep('after'),
  init('write', [FD.report, at('count.tag'), RECORD.counted.size]),
]

/** The helper's steps, which stand where no other step leads. It does nothing but its call. */
export const helperSteps = ({ token }: CountUse): Step[] => [
  init('sched_setaffinity', [0, 0, 0, 0, 0, token], { label: 'count.call', onError: 'continue' }),
  // One thread ends, and not the init (exit_group(2)).
  init('exit', [0], { next: { goto: DIE } }),
]

const failure = {
  code: 'SETUP_FAILED',
  hint: 'The thread that counts denied calls did not call in time. The machine has too little memory, or stands still.',
} as const

const THREAD =
  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID

// The thread shares the init's memory, but the step machine needs a stack for each.
const helperStep = init('clone', [THREAD, at('count.stackEnd'), at('count.helper'), 0, 0], {
  whenEqual: { value: 0, goto: 'count.call' },
  failure,
})

// RECV alone would wait for ever where no helper calls (seccomp_unotify(2)).
const takeNumberStep = init('ppoll', [at('poll.listener'), 1, words(HELPER_SECONDS, 0), 0, 8], {
  whenDifferent: { value: 1, goto: FAIL },
  failure,
})

const receiveStep = (number: 'before' | 'after'): Step =>
  init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_RECV, at(`count.${number}`)], { failure })
