import {
  CLOCK_MONOTONIC,
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_SET_MODE_FILTER,
} from '../../linux/constants.ts'
import { at, DIE, type Step, type StepFailure, stepsOf, words } from '../step.ts'
import { FD } from './fd-numbers.ts'

const target = stepsOf('target')

/** The seccomp filter that the image has. */
export interface FilterUse {
  /** The number of instructions, struct sock_filter. */
  readonly instructions: number
  /**
   * How the filter reports a denied call: by notification to the init, or only by the kernel's SIGSYS.
   * With `none`, the filter never kills.
   */
  readonly report: 'listener' | 'kill' | 'none'
  /** Which process installs the filter. The target inherits a filter of the init. */
  readonly by: 'init' | 'target'
  /**
   * Set when the policy logs. The init cannot listen yet when the target calls execve. The filter recognizes this call
   * by the token in the last register, which execve does not use.
   */
  readonly log?:
    | {
        readonly execToken: bigint
        /** Whether the kernel kills for some calls without a notification. */
        readonly killsUnreported: boolean
        /** Whether the init records calls. Otherwise the kernel only asks the init about some calls. */
        readonly records: boolean
      }
    | undefined
}

/**
 * The calls that the target makes under a filter that was installed early. An entry has the call's first argument
 * if that argument is always the same. A call with six arguments has no room for the token. Apart from these calls, the
 * target only reports a failed step.
 */
export const FILTERED_CALLS: readonly {
  readonly syscall: string
  readonly first?: number
  readonly second?: number
  readonly hasToken: boolean
}[] = [
  { syscall: 'ppoll', hasToken: true },
  { syscall: 'read', first: FD.go, hasToken: true },
  { syscall: 'lseek', first: FD.request, hasToken: true },
  // This size stands for the size of a request, which has some kilobytes.
  { syscall: 'mmap', second: 0x1000, hasToken: false },
  { syscall: 'clock_gettime', first: CLOCK_MONOTONIC, hasToken: true },
  { syscall: 'sched_setaffinity', first: 0, hasToken: true },
  { syscall: 'write', first: FD.processors, hasToken: true },
  { syscall: 'timerfd_settime', first: FD.timer, hasToken: true },
  { syscall: 'chdir', hasToken: true },
  { syscall: 'prlimit64', first: 0, hasToken: true },
  { syscall: 'execve', hasToken: true },
  { syscall: 'write', first: FD.report, hasToken: true },
  { syscall: 'exit_group', hasToken: true },
]

/** The error when the kernel refuses the filter. */
export const filterFailure: StepFailure = {
  code: 'SECCOMP_UNAVAILABLE',
  hint: 'The kernel refused the filter. It needs CONFIG_SECCOMP_FILTER, and a container must not deny seccomp(2).',
}

/** Installs the filter in the target, unless the init does. */
export function filterSteps(filter: FilterUse | undefined): Step[] {
  if (filter === undefined || filter.by === 'init') return []
  // struct sock_fprog: the number of instructions, and their address.
  const program = words(filter.instructions, at('filter.code'))
  const failure = filterFailure
  if (filter.report !== 'listener') {
    return [target('seccomp', [SECCOMP_SET_MODE_FILTER, 0, program], { failure })]
  }
  const flags = SECCOMP_FILTER_FLAG_NEW_LISTENER
  return [
    target('seccomp', [SECCOMP_SET_MODE_FILTER, flags, program], {
      failure,
      // The filter is active, so the target reports nothing. The init shares the descriptors, and finds no listener.
      whenDifferent: { value: FD.listener, goto: DIE },
    }),
  ]
}
