import {
  AT_FDCWD,
  EPERM,
  O_CLOEXEC,
  O_RDONLY,
  O_WRONLY,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_SIGPENDING,
  SIG_SETMASK,
  SIGSEGV,
} from '../../linux/constants.ts'
import { type Area, DIE, labelled, load, type Step, stepsOf, text, words } from '../step.ts'
import { ENTERED } from './entry-steps.ts'
import { FD } from './fd-numbers.ts'
import { type FilterUse, filterSteps } from './filter-steps.ts'
import { writeProcessorsStep } from './processor-steps.ts'
import { controlTerminalSteps, type TerminalUse } from './terminal-steps.ts'

const target = stepsOf('target')

/** The part of the target that is the same in every run of an image. */
export interface PrepareTargetOptions {
  /** The standard streams, 1 and 2, whose output the caller discards. They lead to the sandbox's /dev/null. */
  readonly discard: readonly number[]
  /** The filter, if it is active while the target waits for its request; see {@link FILTERED_CALLS}. */
  readonly filter: FilterUse | undefined
}

/** The processors to which a program is bound. */
export interface Affinity {
  readonly processors: readonly number[]
  /**
   * The launch program passes this token in a register that its call does not use. By the token, the filter
   * distinguishes this call from a call of the program.
   */
  readonly token: bigint
  /** Whether the image has a list of processors for the program. */
  readonly isShown: boolean
}

/** A limit in the form of setrlimit(2). */
export interface ResourceLimit {
  readonly resource: number
  /** The name of the limit in the options. */
  readonly option: string
  readonly soft: number | bigint
  readonly hard: number | bigint
}

/** The part of the target that the request adds. */
export interface TargetOptions {
  readonly wallTimeMs: number | undefined
  /** Paths to try one after another, as execvp(3) would. */
  readonly candidates: readonly string[]
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly limits: readonly ResourceLimit[]
  readonly affinity: Affinity
  /** The filter, unless it is already active. */
  readonly filter: FilterUse | undefined
  readonly terminal?: TerminalUse | undefined
  /** Steps that confine a program without namespaces. They run directly before the steps of the filter. */
  readonly confine?: readonly Step[]
}

/** The target's memory, which is part of the image. */
export const targetArea: Area = { name: 'target', fields: [{ name: 'fd', size: 8 }] }

/** Signals and timers that a sandbox may have queued. */
export const USER_SIGPENDING = 1024

/**
 * Limits on a user's resources across all processes, so that an ordinary user's sandboxes leave some to each other and
 * to the host. The quotas limit queued signals and timers, bytes of message queues, and bytes of locked memory.
 */
const USER_QUOTAS = [
  [RLIMIT_SIGPENDING, USER_SIGPENDING],
  [RLIMIT_MSGQUEUE, 100_000],
  [RLIMIT_MEMLOCK, 64 * 1024],
] as const

/** An address without code. A handler at this address faults again, and the second fault ends the process. */
const HANDLER = 4096

/**
 * The steps of the child that becomes the program, up to its request. The child shares the init's memory and
 * descriptors.
 */
export function prepareTargetSteps({ discard, filter }: PrepareTargetOptions): Step[] {
  return [
    // kill(0, …) must not reach the init's process group.
    target('setsid', [], { label: 'target' }),
    ...schedstatSteps(),
    target('umask', [0o022], { label: 'target.umask' }),
    ...discardSteps(discard),
    ...USER_QUOTAS.map(([resource, most]) =>
      // If the host allows less, the lower limit of the host stays.
      target('prlimit64', [0, resource, words(most, most), 0], { tolerate: EPERM }),
    ),
    // The kernel logs a fault without a handler, but the fault at DIE is expected. execve(2) resets the handler.
    target('rt_sigaction', [SIGSEGV, words(HANDLER, 0, 0, 0), 0, 8]),
    // Unblocks all signals, as the last step about signals. posix_spawn(3) has reset the ignored signals.
    target('rt_sigprocmask', [SIG_SETMASK, words(0), 0, 8]),
    ...filterSteps(filter),
  ]
}

/** The target's part of the request: the run's limits and its program. */
export function targetSteps(options: TargetOptions): Step[] {
  const { argv, env, cwd } = options
  const argvAddress = words(...argv.map(text), 0)
  const token = options.filter?.log?.execToken
  const unused = token === undefined ? [] : [0, 0, token]
  const envAddress = words(...Object.entries(env).map(([key, value]) => text(`${key}=${value}`)), 0)
  return labelled(ENTERED.target, [
    affinityStep(options.affinity),
    ...(options.affinity.isShown ? [writeProcessorsStep(options.affinity.processors)] : []),
    ...controlTerminalSteps(options.terminal),
    ...walltimeSteps(options.wallTimeMs),
    target('chdir', [text(cwd)], {
      failure: {
        code: 'SETUP_FAILED',
        hint: `The directory ${JSON.stringify(cwd)} (option cwd) must exist in the sandbox.`,
      },
    }),
    ...options.limits.map(limitStep),
    ...(options.confine ?? []),
    ...filterSteps(options.filter),
    ...options.candidates.map((path, index) =>
      target('execve', [text(path), argvAddress, envAddress, ...unused], {
        store: `exec${index}.result`,
        // The filter is active and may allow no call except execve, so the init reports the failure.
        onError: index === options.candidates.length - 1 ? { goto: DIE } : 'continue',
      }),
    ),
  ])
}

/** Bits of a word of cpu_set_t (sched_setaffinity(2)). */
const WORD_BITS = 64

// The program cannot undo this step. When the program calls sched_setaffinity(2), the filter returns 0, and the call
// has no effect.
function affinityStep({ processors, token }: Affinity): Step {
  const length = Math.floor(Math.max(...processors) / WORD_BITS) + 1
  const masks = Array.from({ length }, (_, index) =>
    processors
      .filter((processor) => Math.floor(processor / WORD_BITS) === index)
      .reduce((mask, processor) => mask | (1n << BigInt(processor % WORD_BITS)), 0n),
  )
  return target('sched_setaffinity', [0, length * 8, words(...masks), 0, 0, token], {
    failure: {
      code: 'LIMIT_UNAVAILABLE',
      hint: 'A processor went offline, or out of the set of this container, while the tests ran: start them again.',
    },
  })
}

/** A century: longer than any run, and shorter than the limit of timerfd_settime(2). */
const LONGEST_SECONDS = 3_155_760_000

// The target sets the init's timer, because only the request contains the time, and the init waits while the target
// executes the request. The two still share their descriptors.
function walltimeSteps(wallTimeMs: number | undefined): Step[] {
  if (wallTimeMs === undefined) return []
  const seconds = Math.min(LONGEST_SECONDS, Math.floor(wallTimeMs / 1000))
  const nanoseconds = Math.max(seconds === 0 ? 1 : 0, Math.round((wallTimeMs % 1000) * 1e6))
  // struct itimerspec: no interval, then the time. A time of zero would mean "never".
  const value = words(0, 0, seconds, Math.min(nanoseconds, 999_999_999))
  return [target('timerfd_settime', [FD.timer, 0, value, 0])]
}

// The init reads schedstat if the walltime ends the run. On a kernel without schedstat, a copy of another descriptor
// takes the number FD.schedstat.
const schedstatSteps = (): Step[] => [
  target('openat', [FD.proc, text('thread-self/schedstat'), O_RDONLY | O_CLOEXEC, 0], {
    onError: 'continue',
    whenEqual: { value: FD.schedstat, goto: 'target.umask' },
  }),
  target('dup3', [FD.control, FD.schedstat, O_CLOEXEC]),
]

function discardSteps(streams: readonly number[]): Step[] {
  return streams.flatMap((fd) => [
    target('openat', [AT_FDCWD, text('/dev/null'), O_WRONLY | O_CLOEXEC, 0], {
      store: 'target.fd',
    }),
    target('dup3', [load('target.fd'), fd, 0]),
    target('close', [load('target.fd')]),
  ])
}

function limitStep({ resource, option, soft, hard }: ResourceLimit): Step {
  return target('prlimit64', [0, resource, words(soft, hard), 0], {
    failure: {
      code: 'LIMIT_UNAVAILABLE',
      hint: `The host's own hard limit is below what limits.${option} asks for; raise it (ulimit -H) or ask for less.`,
    },
  })
}
