import { printArgument, readArgument } from './argument.ts'
import type { Finding, MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { isPattern, occurs } from './pattern.ts'
import type { AnyResult } from './received.ts'
import { verdictPhrase } from './verdict.ts'

const name = 'toBeKilledBySeccomp'

/**
 * Passes when the seccomp filter killed the program, for this system call if one is given.
 *
 * Where the kernel could not tell which call it was, an assertion about the call fails either way,
 * with `.not` too.
 *
 * @param syscall - Its name, or a pattern for it; any call without one.
 * @throws {TypeError} when `syscall` is neither.
 */
export function toBeKilledBySeccomp(
  this: MatcherContext,
  received: unknown,
  syscall?: string | RegExp,
): MatcherResult {
  const args = syscall === undefined ? '' : printArgument(syscall)
  const wanted = readArgument(this, name, args, () => parseSyscall(syscall))
  return judge(this, name, args, received, (result) => find(this, result, wanted))
}

function find(
  { isNot = false }: MatcherContext,
  result: AnyResult,
  wanted: string | RegExp | undefined,
): Finding {
  const phrases = {
    expected: `killed by seccomp${wanted === undefined ? '' : ` for ${wanted}`}`,
    received: verdictPhrase(result),
  }
  if (result.status !== 'seccomp') return { ...phrases, pass: false }
  if (wanted === undefined) return { ...phrases, pass: true }
  if (result.syscall !== undefined)
    return { ...phrases, pass: matches(wanted, result.syscall.name) }
  return {
    ...phrases,
    pass: isNot,
    notes: [
      'The kernel could not name the system call, so whether it was this one is unknown; ' +
        `${name}() without an argument asserts the kill alone.`,
    ],
  }
}

function matches(wanted: string | RegExp, syscall: string): boolean {
  return typeof wanted === 'string' ? wanted === syscall : occurs(wanted, syscall)
}

function parseSyscall(syscall: unknown): string | RegExp | undefined {
  if (syscall === undefined || isPattern(syscall)) return syscall
  if (typeof syscall === 'string' && /^\w+$/.test(syscall)) return syscall
  throw new TypeError(
    `Expected a system call's name such as "socket", or a RegExp, got ${JSON.stringify(syscall)}`,
  )
}
