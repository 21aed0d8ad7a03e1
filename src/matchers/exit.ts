import { verdictPhrase } from '../print/verdict-phrase.ts'
import { type Duration, formatDuration, parseDuration } from '../units/duration.ts'
import {
  judge,
  type MatcherContext,
  type MatcherResult,
  printArgument,
  readArgument,
} from './matcher.ts'
import { measured } from './message.ts'

/** Passes when the program exited with code 0 within every limit. */
export function toSucceed(this: MatcherContext, received: unknown): MatcherResult {
  return judge(this, 'toSucceed', '', received, (result) => ({
    pass: result.ok,
    expected: 'exit code 0 within every limit',
    received: verdictPhrase(result),
  }))
}

/**
 * Passes when the program ended by itself with this exit code, 0 to 255.
 *
 * @throws {TypeError} when `code` is not an exit code
 */
export function toExitWith(this: MatcherContext, received: unknown, code: number): MatcherResult {
  const args = printArgument(code)
  const exitCode = readArgument(this, 'toExitWith', args, () => parseExitCode(code))
  return judge(this, 'toExitWith', args, received, (result) => ({
    pass: result.status === 'exited' && result.exitCode === exitCode,
    expected: `exit code ${exitCode}`,
    received: verdictPhrase(result),
    failure: { kind: 'exit-code', expected: exitCode },
  }))
}

function parseExitCode(code: unknown): number {
  if (typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 255) return code
  throw new RangeError(`Expected an exit code from 0 to 255, got ${printArgument(code)}`)
}

/**
 * Passes when the program ended by itself, with any exit code, in at most this real time.
 *
 * @param duration - milliseconds, or text with a unit: `'1.5s'`
 * @throws {TypeError} when `duration` is not a duration
 */
export function toExitWithin(
  this: MatcherContext,
  received: unknown,
  duration: Duration,
): MatcherResult {
  const args = printArgument(duration)
  const limit = readArgument(this, 'toExitWithin', args, () => parseDuration(duration))
  return judge(this, 'toExitWithin', args, received, (result) => {
    const used = result.usage.wallTimeMs
    return {
      pass: result.status === 'exited' && used <= limit,
      expected: `an exit by itself within ${formatDuration(limit)}`,
      received: `${verdictPhrase(result)} after ${measured(used, limit, formatDuration, 'ms')}`,
      limits: ['wallTimeMs'],
      failure: { kind: 'wall-time', used, limit },
    }
  })
}
