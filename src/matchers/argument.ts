import type { MatcherContext } from './context.ts'
import { matcherHint } from './hint.ts'
import { isPattern } from './pattern.ts'
import { quote } from './quote.ts'

/**
 * Reads a matcher's argument, so that a wrong one fails at once and not as a failed assertion.
 *
 * @param args - The arguments as the hint shows them.
 * @param read - Parses the argument; throws an error that says what is expected.
 * @throws {TypeError} with the hint above that error's message.
 */
export function readArgument<T>(
  context: MatcherContext,
  name: string,
  args: string,
  read: () => T,
): T {
  try {
    return read()
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new TypeError(`${matcherHint(context, name, args)}\n\nMatcher error: ${problem}`)
  }
}

/** An argument as the hint shows it: text is quoted, and cut where it is long. */
export function printArgument(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  return typeof value === 'object' && value !== null && !isPattern(value) ? '{…}' : String(value)
}
