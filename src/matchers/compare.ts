import { constants } from 'node:buffer'
import { cutMiddle } from '../units/cut.ts'
import { formatSize } from '../units/size.ts'
import { firstInvalidByte, type InvalidByte } from '../units/utf8.ts'
import { visibleLine } from '../units/visible.ts'
import {
  type ExpectedLines,
  type ExpectedText,
  type ExpectedTokens,
  isExpectedLines,
  isPattern,
  matchesPattern,
} from './expected.ts'
import { showPair } from './look-alikes.ts'
import { type Finding, type MatcherUtils, mostQuoted, quote } from './message.ts'
import { differenceOf, type Output, outputFailure } from './output-difference.ts'
import { joinTokens, tokenDifference } from './tokens.ts'

/**
 * Compares a program's output with an expectation. The time grows with the length of both texts, and does not depend on
 * their contents.
 *
 * @throws {RangeError} when the output has more bytes than fit into a string
 */
export function compareOutput(
  utils: MatcherUtils,
  expected: ExpectedText,
  output: Output,
): Finding {
  const text = textOf(output.contents)
  const finding = compareText(utils, expected, output, text)
  const invalidByte = invalidByteOf(output)
  if (invalidByte === undefined) return finding
  // The decoder replaces an invalid byte by U+FFFD, so an expected U+FFFD would match an invalid byte.
  const pass = finding.pass && !expectsReplacement(expected)
  const failure = { ...outputFailure(output, text, {}), ...finding.failure, invalidByte }
  const notes = [invalidNote(output, invalidByte), ...(finding.notes ?? [])]
  return { ...finding, pass, notes, failure }
}

function invalidByteOf({ contents, invalidByte }: Output): InvalidByte | undefined {
  return typeof contents === 'string' ? invalidByte : firstInvalidByte(contents)
}

function invalidNote({ name }: Output, { byte, offset, line }: InvalidByte): string {
  const shown = byte.toString(16).padStart(2, '0')
  return `${visibleLine(name)} is not valid UTF-8: byte 0x${shown} at offset ${offset}, line ${line}.`
}

function expectsReplacement(expected: ExpectedText): boolean {
  if (isPattern(expected)) return false
  return sourceOf(expected).includes('\ufffd')
}

function sourceOf(expected: string | ExpectedLines | ExpectedTokens): string {
  if (typeof expected === 'string') return expected
  return isExpectedLines(expected) ? joinLines(expected) : joinTokens(expected.tokens)
}

const joinLines = ({ lines }: ExpectedLines): string =>
  typeof lines === 'string' ? lines : lines.join('\n')

/** Output as text. The function decodes bytes as UTF-8, with U+FFFD for each invalid byte. */
function textOf(contents: string | Uint8Array): string {
  if (typeof contents === 'string') return contents
  if (contents.length <= constants.MAX_STRING_LENGTH) {
    return Buffer.from(contents.buffer, contents.byteOffset, contents.length).toString('utf8')
  }
  throw new RangeError(
    `${formatSize(contents.length)} are more than a text can hold (512 MiB), so they cannot be matched as one: compare the bytes themselves`,
  )
}

function compareText(
  utils: MatcherUtils,
  expected: ExpectedText,
  output: Output,
  text: string,
): Finding {
  if (typeof expected === 'string') return compareExactly(utils, expected, output, text)
  if (isPattern(expected)) return comparePattern(expected, output, text)
  if (isExpectedLines(expected)) return compareLines(utils, joinLines(expected), output, text)
  return compareTokens(expected, output, text)
}

function compareExactly(
  utils: MatcherUtils,
  expected: string,
  output: Output,
  text: string,
): Finding {
  const pass = expected === text
  const [wanted, got] = quotePair(expected, text)
  const phrases = { pass, expected: `${visibleLine(output.name)} ${wanted}`, received: got }
  return { ...phrases, ...differenceOf(utils, expected, output, text, 'exact') }
}

function compareLines(
  utils: MatcherUtils,
  expected: string,
  output: Output,
  text: string,
): Finding {
  const difference = differenceOf(utils, expected, output, text, 'trimmed')
  const [wanted, got] = quotePair(trimLines(expected), trimLines(text))
  return {
    pass: difference.notes.length === 0,
    expected: `${visibleLine(output.name)} with the lines ${wanted}`,
    received: got,
    ...difference,
  }
}

function comparePattern(expected: RegExp, output: Output, text: string): Finding {
  return {
    pass: matchesPattern(expected, text),
    expected: `${visibleLine(output.name)} matching ${visibleLine(String(expected))}`,
    received: quote(text),
    failure: outputFailure(output, text, {}),
  }
}

function compareTokens(expected: ExpectedTokens, output: Output, text: string): Finding {
  const difference = tokenDifference(expected, text)
  const source = joinTokens(expected.tokens)
  const conditions = [
    ...(expected.float === undefined ? [] : [`, numbers within ${expected.float}`]),
    ...(expected.ignoreCase === true ? [', ignoring case'] : []),
    ...(expected.prompts === undefined
      ? []
      : [`, without ${visibleLine(String(expected.prompts))}`]),
  ]
  const [wanted, got] = quotePair(oneLine(source), oneLine(text))
  return {
    pass: difference === undefined,
    expected: `${visibleLine(output.name)} with the tokens ${wanted}${conditions.join('')}`,
    received: got,
    notes: difference === undefined ? [] : [difference.sentence],
    failure: outputFailure(output, text, { ...difference, source }),
  }
}

// The message shows only the beginning and the end of a long text, so `oneLine()` leaves the middle as it is.
const mostCollapsed = 1000

function oneLine(text: string): string {
  const collapse = (part: string) => part.replace(/\s+/g, ' ')
  if (text.length <= 2 * mostCollapsed) return collapse(text).trim()
  const middle = text.slice(mostCollapsed, -mostCollapsed)
  return `${collapse(text.slice(0, mostCollapsed))}${middle}${collapse(text.slice(-mostCollapsed))}`.trim()
}

/** Two texts in quotes, with escapes for differences that are hard to see. */
function quotePair(expected: string, received: string): [expected: string, received: string] {
  const inside = (text: string) => JSON.stringify(cutMiddle(text, mostQuoted)).slice(1, -1)
  const [left, right] = showPair(inside(expected), inside(received))
  return [`"${left}"`, `"${right}"`]
}

// Trims the ends of lines. A long text stays as it is, because the message shows only its beginning and end.
function trimLines(text: string): string {
  const lines = text.trimEnd()
  if (lines.length > 100_000) return lines
  return lines
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
