import type { DeniedSyscall } from '../runner/result.ts'
import { printArgument, readArgument } from './argument.ts'
import type { Finding, MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { isPattern, occurs } from './pattern.ts'
import type { AnyResult } from './received.ts'
import { verdictPhrase } from './verdict.ts'

const name = 'toBeKilledBySeccomp'

/** Which denied call is meant: its name, a pattern for its name or its text, or a predicate. */
export type WantedSyscall = string | RegExp | ((syscall: DeniedSyscall) => boolean)

/**
 * Passes when the seccomp filter killed the program, for this system call if one is given.
 *
 * Where the kernel could not tell which call it was, an assertion about the call fails either way,
 * with `.not` too.
 *
 * @param syscall - Its name, a pattern for its name or its text, or a predicate; any call without one.
 * @throws {TypeError} when `syscall` is none of these.
 */
export function toBeKilledBySeccomp(
  this: MatcherContext,
  received: unknown,
  syscall?: WantedSyscall,
): MatcherResult {
  const args = syscall === undefined ? '' : printWanted(syscall)
  const wanted = readArgument(this, name, args, () => parseSyscall(syscall))
  return judge(this, name, args, received, (result) => find(this, result, wanted))
}

function find(
  { isNot = false }: MatcherContext,
  result: AnyResult,
  wanted: WantedSyscall | undefined,
): Finding {
  const phrases = {
    expected: `killed by seccomp${wanted === undefined ? '' : ` for ${meaning(wanted)}`}`,
    received: verdictPhrase(result),
  }
  if (result.status !== 'seccomp') return { ...phrases, pass: false }
  if (wanted === undefined) return { ...phrases, pass: true }
  if (result.syscall !== undefined) return { ...phrases, pass: matches(wanted, result.syscall) }
  return {
    ...phrases,
    pass: isNot,
    notes: [
      'The kernel could not name the system call, so whether it was this one is unknown; ' +
        `${name}() without an argument asserts the kill alone.`,
    ],
  }
}

function matches(wanted: WantedSyscall, syscall: DeniedSyscall): boolean {
  if (typeof wanted === 'string') return wanted === syscall.name
  if (typeof wanted === 'function') return wanted(syscall)
  return occurs(wanted, syscall.name) || occurs(wanted, syscall.text)
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
    `Expected a system call's name such as "socket", a RegExp or a predicate, got ${JSON.stringify(syscall)}`,
  )
}
