import { type Duration, formatDuration, parseDuration } from '../units/duration.ts'
import { printArgument, readArgument } from './argument.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { measuredDuration } from './measured.ts'

const name = 'toUseCpuWithin'

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
  const args = printArgument(duration)
  const mostMs = readArgument(this, name, args, () => parseDuration(duration))
  return judge(this, name, args, received, ({ usage }) => ({
    pass: usage.cpuTimeMs <= mostMs,
    expected: `at most ${formatDuration(mostMs)} of processor time`,
    received: measuredDuration(usage.cpuTimeMs, mostMs),
    limits: ['cpuMs'],
  }))
}
