import { readFileSync } from 'node:fs'
import { isSandboxError, SandboxError } from '../../errors/sandbox-error.ts'
import type { Policy } from '../../policy/policy.ts'
import { type IsolationLevel, LOSSES, levelsBelow, levelsDownTo } from './level.ts'

/** The levels that this machine lacks, by policy: a policy without /proc needs less than other policies. */
const missing = new WeakMap<Policy, Set<IsolationLevel>>()

/** The policy of a run, and the weakest isolation that it accepts. */
interface Wanted {
  readonly policy: Policy
  readonly isolation: IsolationLevel
}

/**
 * The strongest accepted level that the machine is not known to lack. If the machine lacks every accepted level, the
 * weakest accepted level.
 */
export const strongestLevel = ({ policy, isolation }: Wanted): IsolationLevel =>
  levelsDownTo(isolation).find((level) => !missing.get(policy)?.has(level)) ?? isolation

/**
 * The level to try after an error: the next weaker level, if the machine lacks the current level.
 *
 * @returns undefined when the error has another cause, or when the run accepts no weaker level
 */
export function weakerLevel(
  error: unknown,
  level: IsolationLevel,
  { policy, isolation }: Wanted,
): IsolationLevel | undefined {
  if (!isSandboxError(error) || !isMissing(error)) return undefined
  const known = missing.get(policy) ?? new Set()
  missing.set(policy, known.add(level))
  const levels = levelsDownTo(isolation)
  return levels[levels.indexOf(level) + 1]
}

/** Errors of a machine that is temporarily short of a resource. Such an error does not justify a weaker level. */
const PASSING = ['ENOMEM', 'EAGAIN', 'ENFILE', 'EMFILE', 'EINTR']

/** Whether an error means that the machine lacks a level for every run. */
export function isMissing({ code, step }: SandboxError): boolean {
  if (code !== 'NAMESPACES_UNAVAILABLE') return false
  if (step === undefined) return true
  if (step.errno === 'ENOSPC') return areNamespacesOff()
  return !PASSING.includes(step.errno)
}

function areNamespacesOff(): boolean {
  try {
    return readFileSync('/proc/sys/user/max_user_namespaces', 'utf8').trim() === '0'
  } catch {
    return false
  }
}

const advices = new WeakMap<Policy, Map<IsolationLevel, Promise<string>>>()

/**
 * The error of a run whose level the machine lacks, with a sentence about the level that would work.
 *
 * @param tries makes a run at a level, and returns the run's error, if any; the run's program does nothing
 */
export async function withAdvice(
  error: SandboxError,
  { policy, isolation }: Wanted,
  tries: (level: IsolationLevel) => Promise<SandboxError | undefined>,
): Promise<SandboxError> {
  if (!isMissing(error) || levelsBelow(isolation).length === 0) return error
  const known = advices.get(policy) ?? new Map<IsolationLevel, Promise<string>>()
  advices.set(policy, known)
  const advice = known.get(isolation) ?? adviceFor(isolation, tries)
  known.set(isolation, advice)
  const { message, code, step, hint, cause } = error
  const [summary = message] = message.split(/\n {2}(?:hint|see): /)
  const whole = [...(hint === undefined ? [] : [hint]), await advice].join(' ')
  return new SandboxError(summary, { code, step, hint: whole, cause })
}

async function adviceFor(
  floor: IsolationLevel,
  tries: (level: IsolationLevel) => Promise<SandboxError | undefined>,
): Promise<string> {
  let why = ''
  for (const level of levelsBelow(floor)) {
    const error = await tries(level)
    if (error === undefined && level !== 'full') {
      return `isolation: ${JSON.stringify(level)} works here; with it ${LOSSES[level]} (docs/isolation.md).`
    }
    why = error?.message.split('\n')[0] ?? why
  }
  return `No weaker isolation works here either: ${why}.`
}
