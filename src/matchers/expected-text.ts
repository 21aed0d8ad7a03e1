import { isPattern } from './pattern.ts'

/** Output compared word by word, as most judges do: white space only separates. */
export interface ExpectedTokens {
  /** Words with white space between them; of an array, each element's words in turn. */
  readonly tokens: string | readonly string[]
  /**
   * By how much two tokens that are both numbers may differ, absolutely or relative to the expected
   * one, whichever allows more. Without it they are compared as text.
   */
  readonly float?: number
}

/** Output compared line by line, without the white space at the lines' ends and the empty last lines. */
export interface ExpectedLines {
  /** Text, or its lines. */
  readonly lines: string | readonly string[]
}

/** What output is compared with: exact text, a pattern that occurs in it, its lines or its tokens. */
export type ExpectedText = string | RegExp | ExpectedLines | ExpectedTokens

/**
 * Checks an expectation of output.
 *
 * @throws {TypeError} when it is none.
 */
export function parseExpectedText(expected: unknown): ExpectedText {
  if (typeof expected === 'string' || isPattern(expected)) return expected
  if (isExpectedTokens(expected)) {
    checkTolerance(expected.float)
    return expected
  }
  if (isExpectedLines(expected)) return expected
  throw new TypeError(
    `Expected text, a RegExp, { lines } or { tokens, float }, got ${String(expected)}`,
  )
}

/** Whether output is to be compared line by line. */
export function isExpectedLines(value: unknown): value is ExpectedLines {
  return typeof value === 'object' && value !== null && 'lines' in value && isTexts(value.lines)
}

function isExpectedTokens(value: unknown): value is ExpectedTokens {
  return typeof value === 'object' && value !== null && 'tokens' in value && isTexts(value.tokens)
}

function isTexts(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every(isString))
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}

function checkTolerance(float: unknown): void {
  if (float === undefined || (typeof float === 'number' && float >= 0 && Number.isFinite(float)))
    return
  throw new RangeError(`Expected \`float\` to be a tolerance of 0 or more, got ${String(float)}`)
}
