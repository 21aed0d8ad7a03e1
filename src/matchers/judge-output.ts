import { printArgument, readArgument } from './argument.ts'
import { compareOutput } from './compare-output.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { type ExpectedText, parseExpectedText } from './expected-text.ts'
import { judge } from './judge.ts'

/** The frame of `toHaveStdout()` and `toHaveStderr()`: compares one of the two with `expected`. */
export function judgeOutput(
  context: MatcherContext,
  name: string,
  stream: 'stdout' | 'stderr',
  received: unknown,
  expected: ExpectedText,
): MatcherResult {
  const args = printArgument(expected)
  const wanted = readArgument(context, name, args, () => parseExpectedText(expected))
  return judge(context, name, args, received, (result) =>
    compareOutput(context, stream, wanted, result[stream]),
  )
}
