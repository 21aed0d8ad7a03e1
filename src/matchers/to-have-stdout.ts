import type { MatcherContext, MatcherResult } from './context.ts'
import type { ExpectedText } from './expected-text.ts'
import { judgeOutput } from './judge-output.ts'

/**
 * Passes when the program's stdout is this text exactly (the final newline counts), has a place that
 * this pattern matches, or consists of these lines or tokens.
 *
 * @throws {TypeError} when `expected` is neither text, a RegExp, `{ lines }` nor `{ tokens, float }`.
 */
export function toHaveStdout(
  this: MatcherContext,
  received: unknown,
  expected: ExpectedText,
): MatcherResult {
  return judgeOutput(this, 'toHaveStdout', 'stdout', received, expected)
}
