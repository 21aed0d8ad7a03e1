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

/** What output is compared with: exact text, a pattern that occurs in it, or its tokens. */
export type ExpectedText = string | RegExp | ExpectedTokens

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
  throw new TypeError(`Expected text, a RegExp or { tokens, float }, got ${String(expected)}`)
}

function isExpectedTokens(value: unknown): value is ExpectedTokens {
  if (typeof value !== 'object' || value === null || !('tokens' in value)) return false
  const { tokens } = value
  return typeof tokens === 'string' || (Array.isArray(tokens) && tokens.every(isString))
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}

function checkTolerance(float: unknown): void {
  if (float === undefined || (typeof float === 'number' && float >= 0 && Number.isFinite(float)))
    return
  throw new RangeError(`Expected \`float\` to be a tolerance of 0 or more, got ${String(float)}`)
}
