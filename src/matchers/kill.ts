import { type LimitName, limitOption } from '../limits/table.ts'
import { isSignal, type SignalName, signalName, signalNumber } from '../linux/signals.ts'
import { limitOfVerdict, verdictPhrase } from '../print/verdict-phrase.ts'
import type { AnyResult, DeniedSyscall } from '../runner/result.ts'
import { quoted } from '../units/visible.ts'
import { isPattern, matchesPattern } from './expected.ts'
import {
  type Finding,
  judge,
  type MatcherContext,
  type MatcherResult,
  printArgument,
  readArgument,
} from './matcher.ts'

type WithoutPrefix<Name> = Name extends `SIG${infer Rest}` ? Rest : never

/** A signal: the name, with or without `SIG`, or the number. */
export type WantedSignal = SignalName | WithoutPrefix<SignalName> | number

/**
 * Passes when this signal ended the program and no limit or filter was the cause. A program that Gradebox killed at its
 * walltime limit does not count as killed by SIGKILL.
 *
 * @param signal - `'SIGSEGV'`, `'SEGV'` or 11
 * @throws {TypeError} when there is no such signal
 */
export function toBeKilledBy(
  this: MatcherContext,
  received: unknown,
  signal: WantedSignal,
): MatcherResult {
  const args = printArgument(signal)
  const number = readArgument(this, 'toBeKilledBy', args, () => parseSignal(signal))
  return judge(this, 'toBeKilledBy', args, received, (result) => ({
    pass: result.status === 'signaled' && signalNumber(result.signal ?? '') === number,
    expected: `killed by ${signalName(number)}`,
    received: verdictPhrase(result),
    notes: betterMatcher(result),
  }))
}

function parseSignal(signal: unknown): number {
  if (typeof signal === 'number' && isSignal(signal)) return signal
  const number = typeof signal === 'string' ? numberOf(signal) : undefined
  if (number !== undefined) return number
  const got = typeof signal === 'string' ? quoted(signal) : String(signal)
  throw new RangeError(`Expected a signal such as "SIGSEGV", "SEGV" or 11, got ${got}`)
}

const numberOf = (name: string): number | undefined =>
  signalNumber(name) ?? signalNumber(`SIG${name}`)

const matchers: Readonly<Partial<Record<AnyResult['status'], string>>> = {
  seccomp: 'toBeKilledBySeccomp()',
  walltime: 'toExceedWalltime()',
  cpu: 'toExceedCpu()',
  memory: 'toExceedMemory()',
  output: 'toExceedOutput()',
}

function betterMatcher({ status }: AnyResult): string[] {
  const matcher = matchers[status]
  return matcher === undefined ? [] : [`The signal was not the cause; ${matcher} asserts what was.`]
}

/** A denied call: the call's name, a pattern for the call's name or text, or a predicate. */
export type WantedSyscall = string | RegExp | ((syscall: DeniedSyscall) => boolean)

/**
 * Passes when the seccomp filter killed the program, for this system call if the test gives one. If the kernel could
 * not name the call, an assertion about the call always fails, also with `.not`.
 *
 * @param syscall - the call's name, a pattern for the call's name or text, or a predicate; any call by default
 * @throws {TypeError} when `syscall` is none of these
 */
export function toBeKilledBySeccomp(
  this: MatcherContext,
  received: unknown,
  syscall?: WantedSyscall,
): MatcherResult {
  const args = syscall === undefined ? '' : printWanted(syscall)
  const wanted = readArgument(this, 'toBeKilledBySeccomp', args, () => parseSyscall(syscall))
  return judge(this, 'toBeKilledBySeccomp', args, received, (result) => ({
    expected: `killed by seccomp${wanted === undefined ? '' : ` for ${meaning(wanted)}`}`,
    received: verdictPhrase(result),
    ...findSyscall(this, result, wanted),
  }))
}

function findSyscall(
  { isNot = false }: MatcherContext,
  { status, syscall }: AnyResult,
  wanted: WantedSyscall | undefined,
): Pick<Finding, 'pass' | 'notes'> {
  if (status !== 'seccomp') return { pass: false }
  if (wanted === undefined) return { pass: true }
  if (syscall !== undefined) return { pass: isWanted(wanted, syscall) }
  const note =
    'The kernel could not name the system call, so Gradebox cannot tell whether it was this one; ' +
    'toBeKilledBySeccomp() without an argument asserts the kill alone.'
  return { pass: isNot, notes: [note] }
}

function isWanted(wanted: WantedSyscall, syscall: DeniedSyscall): boolean {
  if (typeof wanted === 'string') return wanted === syscall.name
  if (typeof wanted === 'function') return wanted(syscall)
  return matchesPattern(wanted, syscall.name) || matchesPattern(wanted, syscall.text)
}

const printWanted = (wanted: unknown): string =>
  typeof wanted === 'function' ? 'predicate' : printArgument(wanted)

const meaning = (wanted: WantedSyscall): string =>
  typeof wanted === 'function' ? 'a call that the predicate accepts' : String(wanted)

function parseSyscall(syscall: unknown): WantedSyscall | undefined {
  if (syscall === undefined || isPattern(syscall)) return syscall
  if (typeof syscall === 'string' && /^\w+$/.test(syscall)) return syscall
  if (typeof syscall === 'function') return syscall as (call: DeniedSyscall) => boolean
  throw new TypeError(
    `Expected a system call's name such as "socket", a RegExp or a predicate, got ${quoted(syscall)}`,
  )
}

/** Passes when the program was killed because it used up its real time. */
export function toExceedWalltime(this: MatcherContext, received: unknown): MatcherResult {
  return judgeExceeded(this, 'toExceedWalltime', received, 'wallTimeMs')
}

/** Passes when the program was killed because it used up its processor time, user and system. */
export function toExceedCpu(this: MatcherContext, received: unknown): MatcherResult {
  return judgeExceeded(this, 'toExceedCpu', received, 'cpuTimeMs')
}

/** Passes when the program was killed because it exceeded its memory limit. */
export function toExceedMemory(this: MatcherContext, received: unknown): MatcherResult {
  return judgeExceeded(this, 'toExceedMemory', received, 'memoryBytes')
}

/** Passes when the program was killed because it wrote more to stdout and stderr than its output limit. */
export function toExceedOutput(this: MatcherContext, received: unknown): MatcherResult {
  return judgeExceeded(this, 'toExceedOutput', received, 'outputBytes')
}

function judgeExceeded(
  context: MatcherContext,
  name: string,
  received: unknown,
  limit: LimitName,
): MatcherResult {
  const option = limitOption(limit)
  return judge(context, name, '', received, (result) => ({
    pass: limitOfVerdict(result.status) === limit,
    expected: `killed for exceeding its ${option} limit`,
    received: verdictPhrase(result),
    limits: [limit],
    notes:
      result.limits[limit] === undefined
        ? [`This run had no ${option} limit; set one with \`limits: { ${option}: … }\`.`]
        : [],
  }))
}
