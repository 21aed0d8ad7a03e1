import { invalid } from '../../errors/invalid.ts'
import type { Problem } from '../../errors/problem.ts'
import { SandboxError } from '../../errors/sandbox-error.ts'
import {
  buildFilter,
  type FilterRule,
  LibseccompError,
  LibseccompMissingError,
  SCMP_ACT_ALLOW,
  SCMP_ACT_ERRNO,
  SCMP_ACT_KILL_PROCESS,
  SCMP_ACT_LOG,
  SCMP_ACT_NOTIFY,
  SCMP_ACT_TRACE,
} from '../../ffi/libseccomp.ts'
import { type Arch, syscallName, syscallNumber } from '../../linux/syscalls.ts'
import { errnoNumber } from '../rules/errno-names.ts'
import { seccompProblems } from '../rules/rule-problems.ts'
import type { SeccompAction, SeccompPolicy } from '../seccomp-policy.ts'
import { type AnsweredSizes, answeredCalls, withAnswers } from './answered-calls.ts'
import type { Outcome } from './choose-outcome.ts'
import { compactFilter } from './compact.ts'
import { type Decision, decisions, hasToken } from './decisions.ts'
import { notifiedFor } from './notified.ts'
import { countCallToken, ownCallToken } from './own-call-token.ts'

/** Options of a filter. */
export interface CompileOptions {
  /**
   * Whether the filter has a listener. The kernel then notifies the listener (SECCOMP_RET_USER_NOTIF) of each
   * call with the action `kill` or `log`, and the listener must act; see notified.ts. Without a listener the
   * kernel acts.
   */
  readonly notify: boolean
  /**
   * The architecture of the filter. On x64, `arm64` is also possible.
   *
   * @default process.arch
   */
  readonly arch?: Arch
  /** The sizes above which a filter that notifies also reports allowed calls. */
  readonly answered?: AnsweredSizes | undefined
}

/** BPF_MAXINSNS of linux/bpf_common.h: the longest filter that seccomp(2) accepts, in instructions. */
const BPF_MAXINSNS = 4096
/** The call by which the init counts denied calls: see `plan/count.ts`. */
const COUNT_CALL = 'sched_setaffinity'
/** sizeof(struct sock_filter). */
const INSTRUCTION_SIZE = 8

function scmpAction(action: SeccompAction, notified: SeccompAction | undefined): number {
  if (action === 'allow') return SCMP_ACT_ALLOW
  if (action === notified) return SCMP_ACT_NOTIFY
  if (action === 'log') return SCMP_ACT_LOG
  if (action === 'kill') return SCMP_ACT_KILL_PROCESS
  const errno = errnoNumber(action.slice('errno:'.length))
  if (errno === undefined) throw new RangeError(`unknown action ${action}`)
  return SCMP_ACT_ERRNO(errno)
}

// libseccomp does not order rules. For rules that contradict each other, libseccomp would need one rule for every path
// through these rules: thousands, or so many that libseccomp never finishes. It therefore gets one rule for each call.
// If the arguments decide, this rule has a return value that no policy uses, and compactFilter() replaces that return
// by the decision.
//
// If the init has the filter too, a denial also depends on an argument: see `ifOwn` of compactFilter().
function parts(
  decided: readonly Decision[],
  fallback: SeccompAction,
  {
    toValues,
    isCounted,
  }: {
    readonly toValues: (actions: readonly SeccompAction[]) => readonly number[]
    readonly isCounted: boolean
  },
) {
  const outcomes = new Map<number, readonly Outcome[]>()
  const actionOf = (choices: Decision['choices']): number => {
    const values = toValues(choices.map(({ action }) => action))
    const [only] = values
    const isDecided = values.length === 1 && (only === SCMP_ACT_ALLOW || !isCounted)
    if (only !== undefined && isDecided) return only
    const action = SCMP_ACT_TRACE(outcomes.size)
    outcomes.set(
      action,
      choices.map(({ tests }, index) => ({ value: values[index] ?? 0, tests })),
    )
    return action
  }
  const rules = decided.map(
    ({ syscall, choices }): FilterRule => ({ syscall, action: actionOf(choices) }),
  )
  return { rules, outcomes, defaultAction: actionOf([{ action: fallback, tests: [] }]) }
}

/** Adds the decision by which the filter always reports the call for the count: see `plan/count.ts`. */
function withCountCall(
  decided: readonly Decision[],
  fallback: SeccompAction,
  arch: Arch,
): Decision[] {
  const counted = { action: 'kill', tests: [hasToken(countCallToken)] } as const
  const number = syscallNumber(COUNT_CALL, arch) ?? 0
  // A policy that always lets this call pass has no decision about the call.
  const known = decided.find(({ syscall }) => syscall === number)?.choices
  const choices = [counted, ...(known ?? [{ action: fallback, tests: [] }])]
  return [...decided.filter(({ syscall }) => syscall !== number), { syscall: number, choices }]
}

// The call with the most conditions. Only conditions make a filter too long.
function mostTested(decided: readonly Decision[], arch: Arch): string {
  const tests = ({ choices }: Decision) => choices.flatMap((choice) => choice.tests).length
  const [most] = decided.toSorted((a, b) => tests(b) - tests(a))
  return syscallName(most?.syscall ?? 0, arch) ?? ''
}

/** Whether a policy logs any calls. */
export function logsCalls({ default: fallback, rules }: SeccompPolicy): boolean {
  return fallback === 'log' || rules.some(({ action }) => action === 'log')
}

function refuse(message: string, cause?: unknown): SandboxError {
  return invalid('seccomp policy', [{ path: [], message }], { cause })
}

function unavailable(cause: LibseccompMissingError): SandboxError {
  return new SandboxError(
    `The policy has a seccomp filter, and libseccomp is not available: ${cause.message}`,
    {
      code: 'SECCOMP_UNAVAILABLE',
      hint:
        'Install libseccomp 2.5 or newer: libseccomp2 on Debian and Ubuntu, libseccomp on Fedora ' +
        'and Alpine.',
      cause,
    },
  )
}

function compile(
  seccomp: SeccompPolicy,
  { notify, answered }: CompileOptions,
  arch: Arch,
): Uint8Array {
  const problems: readonly Problem[] = seccompProblems(seccomp)
  if (problems.length > 0) throw invalid('seccomp policy', problems)
  try {
    const logs = logsCalls(seccomp)
    const toValues = (actions: readonly SeccompAction[]) => {
      const notified = notify ? (logs ? notifiedFor(actions) : 'kill') : undefined
      return actions.map((action) => scmpAction(action, notified))
    }
    // If the filter logs, the init listens only after the target's execve, so the filter must allow that call.
    const ownCalls = ['sched_setaffinity', ...(notify && logs ? ['execve'] : [])]
    const policy = decisions(seccomp, arch, { calls: ownCalls, token: ownCallToken })
    const isCounted = notify && !logs
    const own = isCounted ? withCountCall(policy, seccomp.default, arch) : policy
    const decided =
      notify && answered ? withAnswers(own, answered, answeredCalls(seccomp, arch), arch) : own
    const { rules, outcomes, defaultAction } = parts(decided, seccomp.default, {
      toValues,
      isCounted,
    })
    const actions = {
      defaultAction,
      // The policy does not decide about calls of other architectures, because its rules name this architecture's
      // calls.
      foreignAction: notify ? SCMP_ACT_NOTIFY : SCMP_ACT_KILL_PROCESS,
    }
    // libseccomp refuses a rule with the default action.
    const needed = rules.filter(({ action }) => action !== actions.defaultAction)
    const program = compactFilter(buildFilter(actions, needed, arch), {
      outcomes,
      // The init has the filter too, and makes calls with this token.
      ...(isCounted ? { ifOwn: hasToken(ownCallToken) } : {}),
    })
    const instructions = program.length / INSTRUCTION_SIZE
    if (instructions <= BPF_MAXINSNS) return program
    throw refuse(
      `its filter has ${instructions} instructions, and the kernel takes at most ${BPF_MAXINSNS}; ` +
        `the conditions on ${mostTested(decided, arch)} take most of them`,
    )
  } catch (error) {
    if (error instanceof LibseccompMissingError) throw unavailable(error)
    if (error instanceof LibseccompError) throw refuse(`libseccomp: ${error.message}`, error)
    if (error instanceof RangeError) throw refuse(error.message, error)
    throw error
  }
}

const compiled = new WeakMap<SeccompPolicy, Map<string, Uint8Array>>()

/**
 * Compiles a seccomp policy to a BPF program: `struct sock_filter[]`, 8 bytes an instruction, as
 * SECCOMP_SET_MODE_FILTER of seccomp(2) takes it. Under any policy, a call by another architecture's table (i386, x32)
 * kills the program. The function compiles each policy object once.
 *
 * @throws {SandboxError} SECCOMP_UNAVAILABLE without libseccomp 2.5; POLICY_INVALID for a policy under which
 *   no program could start, or that the kernel would refuse
 */
export function compileSeccomp(seccomp: SeccompPolicy, options: CompileOptions): Uint8Array {
  const arch = options.arch ?? (process.arch === 'arm64' ? 'arm64' : 'x64')
  const { allocationBytes, mappingBytes, fileBytes } = options.answered ?? {}
  const key = [arch, options.notify, allocationBytes, mappingBytes, fileBytes].join(' ')
  const programs = compiled.get(seccomp) ?? new Map<string, Uint8Array>()
  compiled.set(seccomp, programs)
  const program = programs.get(key) ?? compile(seccomp, options, arch)
  programs.set(key, program)
  return program
}
