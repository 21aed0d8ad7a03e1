import { signalName } from '../linux/signals.ts'
import { printArgument, readArgument } from './argument.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import type { AnyResult } from './received.ts'
import { parseSignal, signalNumber } from './signal.ts'
import { verdictPhrase } from './verdict.ts'

const name = 'toBeKilledBy'

/**
 * Passes when this signal ended the program and no limit or filter was the cause: a program that
 * was killed for its walltime was not killed "by SIGKILL".
 *
 * @param signal - `'SIGSEGV'`, `'SEGV'` or 11.
 * @throws {TypeError} when there is no such signal.
 */
export function toBeKilledBy(
  this: MatcherContext,
  received: unknown,
  signal: string | number,
): MatcherResult {
  const args = printArgument(signal)
  const number = readArgument(this, name, args, () => parseSignal(signal))
  return judge(this, name, args, received, (result) => ({
    pass: result.status === 'signaled' && signalNumber(result.signal ?? '') === number,
    expected: `killed by ${signalName(number)}`,
    received: verdictPhrase(result),
    notes: advice(result),
  }))
}

const betterMatchers: Readonly<Partial<Record<AnyResult['status'], string>>> = {
  seccomp: 'toBeKilledBySeccomp()',
  walltime: 'toExceedWalltime()',
  cpu: 'toExceedCpu()',
  memory: 'toExceedMemory()',
  output: 'toExceedOutput()',
}

function advice({ status }: AnyResult): string[] {
  const matcher = betterMatchers[status]
  return matcher === undefined ? [] : [`The signal was not the cause; ${matcher} asserts what was.`]
}
