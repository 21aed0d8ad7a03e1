import { type Duration, formatDuration, parseDuration } from '../units/duration.ts'
import { formatSize, parseSize, type Size } from '../units/size.ts'
import {
  judge,
  type MatcherContext,
  type MatcherResult,
  printArgument,
  readArgument,
} from './matcher.ts'
import { measured } from './message.ts'

/**
 * Passes when all processes of the run together used at most this processor time, user and system, however
 * the run ended.
 *
 * @param duration - milliseconds, or text with a unit: `'1.5s'`
 * @throws {TypeError} when `duration` is not a duration
 */
export function toUseCpuWithin(
  this: MatcherContext,
  received: unknown,
  duration: Duration,
): MatcherResult {
  const args = printArgument(duration)
  const limit = readArgument(this, 'toUseCpuWithin', args, () => parseDuration(duration))
  return judge(this, 'toUseCpuWithin', args, received, ({ usage }) => {
    const { cpuTimeMs: used, cpuTimeLowerBound: cause } = usage
    return {
      // A lower bound does not prove that the program used at most the limit.
      pass: cause === undefined && used <= limit,
      expected: `at most ${formatDuration(limit)} of processor time`,
      received: measured(used, limit, formatDuration, 'ms'),
      limits: ['cpuTimeMs'],
      notes: cause === undefined ? [] : [`The processor time is only a lower bound: ${cause}.`],
      failure: { kind: 'cpu-time', used, limit },
    }
  })
}

/**
 * Passes when all processes of the run together never used more memory than this size, however the run ended. The
 * figure is `usage.peakMemoryBytes`, which `limits.memory` bounds too.
 *
 * @param size - bytes, or text with a unit: `'64MiB'`
 * @throws {TypeError} when `size` is not a size
 */
export function toUseMemoryWithin(
  this: MatcherContext,
  received: unknown,
  size: Size,
): MatcherResult {
  const args = printArgument(size)
  const limit = readArgument(this, 'toUseMemoryWithin', args, () => parseSize(size))
  return judge(
    this,
    'toUseMemoryWithin',
    args,
    received,
    ({ usage: { peakMemoryBytes: used } }) => ({
      pass: used <= limit,
      expected: `at most ${formatSize(limit)} of memory`,
      received: measured(used, limit, formatSize, 'bytes'),
      limits: ['memoryBytes'],
      failure: { kind: 'memory', used, limit },
    }),
  )
}
