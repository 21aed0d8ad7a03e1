import type { Finding, MatcherContext, MatcherResult } from './context.ts'
import { matcherHint } from './hint.ts'
import { failureMessage } from './message.ts'
import { type AnyResult, receivedResult } from './received.ts'

/**
 * The frame of every matcher: checks that a result was received, lets the matcher look at it, and
 * puts the message together once it is wanted.
 *
 * @param args - The matcher's arguments as the hint shows them; empty without.
 */
export function judge(
  context: MatcherContext,
  name: string,
  args: string,
  received: unknown,
  find: (result: AnyResult) => Finding,
): MatcherResult {
  const result = receivedResult(context, name, args, received)
  if (result === undefined) return { pass: false, message: () => matcherHint(context, name, args) }
  const finding = find(result)
  return {
    pass: finding.pass,
    message: () => failureMessage(context, matcherHint(context, name, args), result, finding),
  }
}
