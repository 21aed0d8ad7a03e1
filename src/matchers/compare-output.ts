import { splitTokens, tokenDifference } from './compare-tokens.ts'
import type { Finding, MatcherContext } from './context.ts'
import {
  type ExpectedLines,
  type ExpectedText,
  type ExpectedTokens,
  isExpectedLines,
} from './expected-text.ts'
import { isPattern, occurs } from './pattern.ts'
import { quote } from './quote.ts'
import { textDifference } from './text-difference.ts'
import { trimLines } from './trim-lines.ts'
import { asText, visible } from './visible.ts'

/**
 * Compares a program's output with an expectation.
 *
 * @param subject - What is compared, for the message: `stdout`.
 */
export function compareOutput(
  context: MatcherContext,
  subject: string,
  expected: ExpectedText,
  output: string | Uint8Array,
): Finding {
  if (typeof expected === 'string') return compareText(context, subject, expected, output)
  if (isPattern(expected)) return comparePattern(subject, expected, asText(output))
  if (isExpectedLines(expected)) return compareLines(context, subject, expected, asText(output))
  return compareTokens(subject, expected, asText(output))
}

function compareText(
  { utils }: MatcherContext,
  subject: string,
  expected: string,
  output: string | Uint8Array,
): Finding {
  const pass =
    typeof output === 'string' ? output === expected : Buffer.from(expected).equals(output)
  const received = asText(output)
  return {
    pass,
    expected: `${subject} ${quote(expected)}`,
    received: quote(received),
    notes: pass ? [] : textDifference(utils, expected, received),
  }
}

function compareLines(
  { utils }: MatcherContext,
  subject: string,
  { lines }: ExpectedLines,
  output: string,
): Finding {
  const expected = trimLines(typeof lines === 'string' ? lines : lines.join('\n'))
  const received = trimLines(output)
  const pass = expected === received
  return {
    pass,
    expected: `${subject} with the lines ${quote(expected)}`,
    received: quote(received),
    notes: pass ? [] : textDifference(utils, expected, received),
  }
}

function comparePattern(subject: string, expected: RegExp, received: string): Finding {
  return {
    pass: occurs(expected, received),
    expected: `${subject} matching ${visible(String(expected))}`,
    received: quote(received),
  }
}

function compareTokens(subject: string, expected: ExpectedTokens, received: string): Finding {
  const difference = tokenDifference(expected, received)
  const tolerance = expected.float === undefined ? '' : `, numbers within ${expected.float}`
  return {
    pass: difference === undefined,
    expected: `${subject} with the tokens ${quote(splitTokens(expected.tokens).join(' '))}${tolerance}`,
    received: quote(splitTokens(received).join(' ')),
    notes: difference === undefined ? [] : [difference],
  }
}
