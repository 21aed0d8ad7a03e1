import { type Duration, formatDuration, parseDuration } from '../units/duration.ts'
import { printArgument, readArgument } from './argument.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { measuredDuration } from './measured.ts'
import { verdictPhrase } from './verdict.ts'

const name = 'toExitWithin'

/**
 * Passes when the program ended by itself, with any exit code, in at most this real time.
 *
 * @param duration - Milliseconds, or text with a unit: `'1.5s'`.
 * @throws {TypeError} when `duration` is none.
 */
export function toExitWithin(
  this: MatcherContext,
  received: unknown,
  duration: Duration,
): MatcherResult {
  const args = printArgument(duration)
  const mostMs = readArgument(this, name, args, () => parseDuration(duration))
  return judge(this, name, args, received, (result) => ({
    pass: result.status === 'exited' && result.usage.wallTimeMs <= mostMs,
    expected: `an exit by itself within ${formatDuration(mostMs)}`,
    received: `${verdictPhrase(result)} after ${measuredDuration(result.usage.wallTimeMs, mostMs)}`,
    limits: ['walltimeMs'],
  }))
}
