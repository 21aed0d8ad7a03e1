import {
  CLONE_FILES,
  CLONE_VM,
  O_CLOEXEC,
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_IOCTL_NOTIF_RECV,
  SECCOMP_SET_MODE_FILTER,
  SIGCHLD,
  SIGKILL,
} from '../../linux/constants.ts'
import { RECORD } from '../report/records.ts'
import { type Area, at, FAIL, load, type Step, stepsOf, words } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { filterFailure } from './filter-steps.ts'

/*
 * A denied call leaves no trace if its caller is killed before the init has received the notification, because the
 * kernel takes the notification back. But the kernel numbers the notifications of a filter one after another. A helper
 * of the init therefore makes a call that the filter reports, before the program starts and again after its end. The
 * difference of the two numbers is the number of calls that the filter denied. The init itself has the filter for that,
 * and its helpers and the program inherit it. The filter lets the launch program's own calls pass by a token.
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
      { name: 'before', size: 80 },
      { name: 'after', size: 80 },
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
  ...helperSteps(),
]

/** Steps that take the first number. The helper runs beside the init between `startCountSteps` and these steps. */
export const countFromSteps = (): Step[] => takeNumberSteps('before')

/** The steps that start the second helper, when no other process has the filter. */
export const endCountSteps = (): Step[] => helperSteps()

/** Steps that take the second number, and report both. */
export const countToSteps = (): Step[] => [
  ...takeNumberSteps('after'),
  init('write', [FD.report, at('count.tag'), RECORD.counted.size]),
]

/** The helper's call, which stands where no other step leads. It never returns: the init kills the helper. */
export const countCallStep = ({ token }: CountUse): Step =>
  init('sched_setaffinity', [0, 0, 0, 0, 0, token], { label: 'count.call', next: { goto: FAIL } })

const failure = {
  code: 'SETUP_FAILED',
  hint: 'The process that counts denied calls did not call in time. The machine has too little memory, or stands still.',
} as const

// The helper shares the init's memory, but the step machine needs a stack for each. The call stores no result, because
// both processes would store theirs.
const helperSteps = (): Step[] => [
  // Clears the signals, so that only the helper's end can be pending later.
  init('read', [FD.signal, at('watch.scratch'), 128], { onError: 'continue' }),
  init('clone', [CLONE_VM | CLONE_FILES | SIGCHLD, at('count.stackEnd'), 0, 0, 0], {
    whenEqual: { value: 0, goto: 'count.call' },
    failure,
  }),
]

const takeNumberSteps = (number: 'before' | 'after'): Step[] => [
  // Waits for the helper's call or its end, because RECV would wait for ever for a helper that was killed.
  init('ppoll', [at('poll.signal'), 2, words(HELPER_SECONDS, 0), 0, 8], { failure }),
  init('ppoll', [at('poll.listener'), 1, words(0, 0), 0, 8], {
    whenDifferent: { value: 1, goto: FAIL },
    failure,
  }),
  init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_RECV, at(`count.${number}`)], { failure }),
  // The helper is the only other process of the namespace now.
  init('kill', [-1, SIGKILL]),
  init('wait4', [-1, 0, 0, 0]),
]
