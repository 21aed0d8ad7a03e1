import { printArgument, readArgument } from './argument.ts'
import { compareOutput } from './compare-output.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { type ExpectedText, parseExpectedText } from './expected-text.ts'
import { judge } from './judge.ts'

const name = 'toHaveStdout'

/**
 * Passes when the program's stdout is this text exactly (the final newline counts), has a place that
 * this pattern matches, or consists of these tokens.
 *
 * @throws {TypeError} when `expected` is neither text, a RegExp nor `{ tokens, float }`.
 */
export function toHaveStdout(
  this: MatcherContext,
  received: unknown,
  expected: ExpectedText,
): MatcherResult {
  const args = printArgument(expected)
  const wanted = readArgument(this, name, args, () => parseExpectedText(expected))
  return judge(this, name, args, received, ({ stdout }) =>
    compareOutput(this, 'stdout', wanted, stdout),
  )
}
