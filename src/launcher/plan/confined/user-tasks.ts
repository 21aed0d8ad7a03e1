import {
  CLONE_VFORK,
  CLONE_VM,
  RLIMIT_NPROC,
  SEEK_CUR,
  SEEK_SET,
  SIGCHLD,
} from '../../../linux/constants.ts'
import { type Area, at, load, type Step, stepsOf } from '../../step.ts'
import { FD } from '../fd-numbers.ts'

const init = stepsOf('init')
const target = stepsOf('target')

/** The memory in which an ordinary user's init counts that user's tasks: two struct rlimit64, and the result. */
export const userTaskAreas: readonly Area[] = [
  {
    name: 'tasks',
    fields: [
      { name: 'soft', size: 8 },
      { name: 'hard', size: 8 },
      { name: 'ownSoft', size: 8 },
      { name: 'ownHard', size: 8 },
      { name: 'child', size: 8 },
      { name: 'count', size: 8 },
    ],
  },
]

/** Linux has at most 2^22 tasks: PID_MAX_LIMIT, proc_sys_kernel(5). */
const MOST_BITS = 22
/** The first guess is 2 to this power. Most users have fewer tasks. */
const FIRST_BITS = 7

const position = FD.childName

/**
 * Steps that count the tasks of an ordinary user, exactly as RLIMIT_NPROC counts them (setrlimit(2)). RLIMIT_NPROC
 * counts the tasks of one uid in all containers, but /proc shows only the tasks of one container. The init therefore
 * searches for the largest limit under which the kernel refuses a child (clone(2), EAGAIN).
 *
 * The step machine cannot add, but lseek(2) can. The init therefore stores the guess as the position of a memfd.
 */
export function countUserTasksSteps(): Step[] {
  return [
    init('prlimit64', [0, RLIMIT_NPROC, 0, at('tasks.ownSoft')]),
    init('prlimit64', [0, RLIMIT_NPROC, 0, at('tasks.soft')]),
    ...powers(FIRST_BITS, MOST_BITS).flatMap(risingSteps),
    ...powers(0, MOST_BITS - 2)
      .toReversed()
      .flatMap(fallingSteps),
    init('lseek', [position, 0, SEEK_CUR], { label: 'tasks.counted', store: 'tasks.count' }),
    init('prlimit64', [0, RLIMIT_NPROC, at('tasks.ownSoft'), 0]),
    init('lseek', [position, 0, SEEK_SET]),
  ]
}

/** The step of a child that the kernel allowed. The child shares the init's memory, and the init waits for its end. */
export const allowedChildStep = (): Step => init('exit_group', [0], { label: 'tasks.allowed' })

/**
 * Steps that limit the number of tasks that the user may have.
 *
 * @param more the number of tasks in addition to the existing ones
 */
export const limitUserTasksSteps = (more: number): Step[] => [
  target('lseek', [position, load('tasks.count'), SEEK_SET]),
  target('lseek', [position, more, SEEK_CUR], { store: 'tasks.soft' }),
  target('lseek', [position, 0, SEEK_CUR], { store: 'tasks.hard' }),
  target('prlimit64', [0, RLIMIT_NPROC, at('tasks.soft'), 0], {
    failure: {
      code: 'LIMIT_UNAVAILABLE',
      hint: 'The user who runs the tests has more processes than its hard limit leaves room for; raise it (ulimit -Hu, docker run --ulimit nproc=) or ask for less in limits.processes.',
    },
  }),
  target('lseek', [position, 0, SEEK_SET]),
]

const powers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

// Tries a power of two. If the limit is too low for the user's tasks, the next power follows. If the limit is high
// enough, the search continues below that limit.
function risingSteps(bits: number): Step[] {
  const enough = { goto: `tasks.enough.${bits}` }
  const next = { goto: bits === MOST_BITS ? 'tasks.counted' : `tasks.rise.${bits + 1}` }
  const known = bits === FIRST_BITS ? 0 : 2 ** (bits - 1)
  return [
    init('lseek', [position, 2 ** bits, SEEK_SET], {
      label: `tasks.rise.${bits}`,
      store: 'tasks.soft',
    }),
    ...tryLimitSteps(enough, next),
    init('lseek', [position, known, SEEK_SET], {
      label: enough.goto,
      next: { goto: `tasks.fall.${known === 0 ? FIRST_BITS - 1 : bits - 2}` },
    }),
  ]
}

// Adds a power of two to the guess, unless the new guess is already high enough.
function fallingSteps(bits: number): Step[] {
  const enough = { goto: `tasks.less.${bits}` }
  const next = { goto: bits === 0 ? 'tasks.counted' : `tasks.fall.${bits - 1}` }
  return [
    init('lseek', [position, 2 ** bits, SEEK_CUR], {
      label: `tasks.fall.${bits}`,
      store: 'tasks.soft',
    }),
    ...tryLimitSteps(enough, next),
    init('lseek', [position, -(2 ** bits), SEEK_CUR], { label: enough.goto, next }),
  ]
}

// prlimit64 refuses a guess above the hard limit. Such a guess counts as high enough.
const tryLimitSteps = (enough: { goto: string }, refused: { goto: string }): Step[] => [
  init('prlimit64', [0, RLIMIT_NPROC, at('tasks.soft'), 0], { onError: enough }),
  init('clone', [CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0], {
    store: 'tasks.child',
    whenEqual: { value: 0, goto: 'tasks.allowed' },
    onError: refused,
  }),
  init('wait4', [load('tasks.child'), 0, 0, 0], { onError: 'continue', next: enough }),
]
