import { isRegExp } from 'node:util/types'
import { type Context, createContext, Script } from 'node:vm'
import { quoted, visible } from '../units/visible.ts'

/** Output that a matcher compares word by word, as most judges do. White space only separates words. */
export interface ExpectedTokens {
  /** Words with white space between them; an array means the words of its elements, one after another. */
  readonly tokens: string | readonly string[]
  /**
   * The largest difference of two numeric tokens, absolute or relative to the expected one, whichever allows
   * more. With 0 they must be equal as numbers: `1.0` equals `1`, and every digit counts. Without it the
   * comparison treats tokens as text.
   */
  readonly float?: number
  /**
   * Whether upper and lower case are equal.
   *
   * @default false
   */
  readonly ignoreCase?: boolean
  /** A pattern for prompts such as `Enter n: `. The comparison removes each match from the output. */
  readonly prompts?: RegExp
}

/**
 * Output that is compared line by line, without the white space at line ends and without empty last lines.
 */
export interface ExpectedLines {
  /** Text, or its lines. */
  readonly lines: string | readonly string[]
}

/** The expected output: exact text, a pattern that occurs in it, its lines or its tokens. */
export type ExpectedText = string | RegExp | ExpectedLines | ExpectedTokens

/**
 * Checks an expectation of output.
 *
 * @throws {TypeError} when the value is not an expectation
 */
export function parseExpectedText(expected: unknown): ExpectedText {
  if (typeof expected === 'string' || isPattern(expected)) return expected
  if (isExpectedTokens(expected)) {
    checkTokenOptions(expected)
    return expected
  }
  if (isExpectedLines(expected)) {
    checkKeys(expected, ['lines'])
    return expected
  }
  throw new TypeError(
    `Expected text, a RegExp, { lines } or { tokens, float }, got ${describe(expected)}`,
  )
}

/** Whether the comparison goes line by line. */
export function isExpectedLines(value: unknown): value is ExpectedLines {
  return typeof value === 'object' && value !== null && 'lines' in value && isTexts(value.lines)
}

function isExpectedTokens(value: unknown): value is ExpectedTokens {
  return typeof value === 'object' && value !== null && 'tokens' in value && isTexts(value.tokens)
}

function isTexts(value: unknown): boolean {
  return (
    typeof value === 'string' ||
    (Array.isArray(value) && value.every((each) => typeof each === 'string'))
  )
}

function checkTokenOptions(expected: ExpectedTokens): void {
  checkKeys(expected, ['tokens', 'float', 'ignoreCase', 'prompts'])
  const { float, ignoreCase, prompts }: { [Key in keyof ExpectedTokens]: unknown } = expected
  if (float !== undefined && !(typeof float === 'number' && float >= 0 && Number.isFinite(float))) {
    throw new RangeError(
      `Expected \`float\` to be a tolerance of 0 or more, got ${describe(float)}`,
    )
  }
  if (ignoreCase !== undefined && typeof ignoreCase !== 'boolean') {
    throw new TypeError(`Expected \`ignoreCase\` to be true or false, got ${describe(ignoreCase)}`)
  }
  if (prompts !== undefined && !isPattern(prompts)) {
    throw new TypeError(`Expected \`prompts\` to be a RegExp, got ${describe(prompts)}`)
  }
}

// Without this check, a misspelt option would silently change the comparison.
function checkKeys(expected: object, known: readonly string[]): void {
  const unknown = Object.keys(expected).find((key) => !known.includes(key))
  if (unknown === undefined) return
  const names = known.map((name) => `\`${name}\``).join(', ')
  throw new TypeError(`There is no option ${quoted(unknown)} here; expected ${names}`)
}

const describe = (value: unknown): string =>
  typeof value === 'string' ? quoted(value) : visible(String(value))

/** Whether a value is a regular expression, also one of another realm. */
export function isPattern(value: unknown): value is RegExp {
  return isRegExp(value)
}

// Enough time for every linear pattern, on any output that fits into a string.
const maxPatternMs = 10_000

const search = new Script('text.search(pattern)')
const replace = new Script('text.replace(pattern, by)')
let context: Context | undefined

// A pattern such as /(a+)+$/ never finishes on some outputs, and the program chooses its output. A test's
// timeout cannot interrupt a regular expression, but the timeout of node:vm can.
function runPattern<T>(script: Script, pattern: RegExp, values: object): T {
  context ??= createContext()
  Object.assign(context, { pattern, ...values })
  try {
    return script.runInContext(context, { timeout: maxPatternMs })
  } catch (error) {
    if (!isTimeout(error)) throw error
    throw new Error(
      `The pattern ${visible(String(pattern))} needed more than ${maxPatternMs / 1000} s on this output; write it without nested or adjacent repetitions`,
    )
  } finally {
    Object.assign(context, { pattern: undefined, text: undefined, by: undefined })
  }
}

function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  )
}

/**
 * Whether the pattern occurs in the text. Unlike `test()`, it ignores `lastIndex`.
 *
 * @throws {Error} when the pattern needs more than 10 s
 */
export function matchesPattern(pattern: RegExp, text: string): boolean {
  return runPattern<number>(search, pattern, { text }) !== -1
}

/**
 * Removes the pattern's matches from the text. Line breaks stay, so line numbers stay those of the text.
 *
 * @throws {Error} when the pattern needs more than 10 s
 */
export function removePattern(pattern: RegExp, text: string): string {
  const everywhere = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`)
  const by = (match: string) => ` ${match.replace(/[^\n]+/g, '')} `
  return runPattern(replace, everywhere, { text, by })
}
