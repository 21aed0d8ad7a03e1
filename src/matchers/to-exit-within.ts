import { type Duration, formatDuration } from '../units/duration.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judgeDuration } from './judge-duration.ts'
import { measuredDuration } from './measured.ts'
import { verdictPhrase } from './verdict.ts'

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
  return judgeDuration(this, 'toExitWithin', received, duration, (result, mostMs) => ({
    pass: result.status === 'exited' && result.usage.wallTimeMs <= mostMs,
    expected: `an exit by itself within ${formatDuration(mostMs)}`,
    received: `${verdictPhrase(result)} after ${measuredDuration(result.usage.wallTimeMs, mostMs)}`,
    limits: ['wallTimeMs'],
  }))
}
