import { type Duration, parseDuration } from '../units/duration.ts'
import { printArgument, readArgument } from './argument.ts'
import type { Finding, MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import type { AnyResult } from './received.ts'

/**
 * The frame of the matchers that take a duration.
 *
 * @param find - What the matcher finds in a result, given the duration in milliseconds.
 */
export function judgeDuration(
  context: MatcherContext,
  name: string,
  received: unknown,
  duration: Duration,
  find: (result: AnyResult, mostMs: number) => Finding,
): MatcherResult {
  const args = printArgument(duration)
  const mostMs = readArgument(context, name, args, () => parseDuration(duration))
  return judge(context, name, args, received, (result) => find(result, mostMs))
}
