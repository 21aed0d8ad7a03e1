import { type Duration, formatDuration } from '../units/duration.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judgeDuration } from './judge-duration.ts'
import { measuredDuration } from './measured.ts'

/**
 * Passes when all processes of the run together used at most this processor time, user and system,
 * however the run ended.
 *
 * @param duration - Milliseconds, or text with a unit: `'1.5s'`.
 * @throws {TypeError} when `duration` is none.
 */
export function toUseCpuWithin(
  this: MatcherContext,
  received: unknown,
  duration: Duration,
): MatcherResult {
  return judgeDuration(this, 'toUseCpuWithin', received, duration, ({ usage }, mostMs) => ({
    pass: usage.cpuTimeMs <= mostMs,
    expected: `at most ${formatDuration(mostMs)} of processor time`,
    received: measuredDuration(usage.cpuTimeMs, mostMs),
    limits: ['cpuTimeMs'],
  }))
}
