import { quoted } from '../units/visible.ts'
import { type ExpectedTokens, removePattern } from './expected.ts'
import { cutPair, showPair } from './look-alikes.ts'
import { quote } from './message.ts'

/** The first place where two lists of tokens differ. */
export interface TokenDifference {
  /** The sentence for the author of the test. */
  readonly sentence: string
  /** The line of the output, from 1. */
  readonly line: number
  readonly expected?: string
  readonly received?: string
}

/** Compares the words of an output with the expected words; `undefined` when they match. */
export function tokenDifference(
  expected: ExpectedTokens,
  output: string,
): TokenDifference | undefined {
  const wanted = new Tokens(joinTokens(expected.tokens))
  const got = new Tokens(
    expected.prompts === undefined ? output : removePattern(expected.prompts, output),
  )
  while (true) {
    const [next, found] = [wanted.next(), got.next()]
    if (next === undefined || found === undefined) return lengthDifference(wanted, got, next, found)
    const difference = compareToken(next, found, expected)
    if (difference === undefined) continue
    const line = got.line()
    const place = `Token ${got.count} differs${line === 1 ? '' : ` (line ${line})`}`
    return { sentence: `${place}: ${difference}.`, line, expected: next, received: found }
  }
}

function lengthDifference(
  wanted: Tokens,
  got: Tokens,
  next: string | undefined,
  found: string | undefined,
): TokenDifference | undefined {
  if (next === undefined && found === undefined) return undefined
  const line = got.line()
  const [verb, longer, token] =
    next === undefined ? ['too many', got, found ?? ''] : (['missing', wanted, next] as const)
  const place = longer.count
  const counts = `Expected ${wanted.rest()}, received ${got.rest()}`
  return {
    sentence: `${counts}: token ${place}, ${quote(token)}, is ${verb}.`,
    line,
    ...(next === undefined ? {} : { expected: next }),
    ...(found === undefined ? {} : { received: found }),
  }
}

/** The tokens of an expectation as one text. */
export function joinTokens(tokens: string | readonly string[]): string {
  return typeof tokens === 'string' ? tokens : tokens.join(' ')
}

/**
 * Reads the words of a text one by one, because a list of all words of 16 MB would be large. The code has no regular
 * expression, because V8 bounds a regular expression's memory, and one word can be the whole output.
 */
class Tokens {
  readonly #text: string
  #at = 0
  #start = 0
  /** The number of words read so far. */
  count = 0

  constructor(text: string) {
    this.#text = text
  }

  next(): string | undefined {
    const text = this.#text
    let start = this.#at
    while (start < text.length && isSpace(text.charCodeAt(start))) start++
    let end = start
    while (end < text.length && !isSpace(text.charCodeAt(end))) end++
    this.#at = end
    if (start === end) return undefined
    this.#start = start
    this.count++
    return text.slice(start, end)
  }

  /** The line of the last word, from 1. */
  line(): number {
    let line = 1
    let at = this.#text.indexOf('\n')
    for (; at !== -1 && at < this.#start; at = this.#text.indexOf('\n', at + 1)) line++
    return line
  }

  /** Reads the remaining words, and returns the total as text: `3 tokens`. */
  rest(): string {
    while (this.next() !== undefined);
    return `${this.count} ${this.count === 1 ? 'token' : 'tokens'}`
  }
}

// The characters beyond ASCII that `\s` matches in a regular expression.
const spaces: ReadonlySet<number> = new Set([
  0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009,
  0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff,
])

const isSpace = (code: number): boolean =>
  code <= 0x20 ? code === 0x20 || (code >= 9 && code <= 13) : code >= 0xa0 && spaces.has(code)

/** Whether two texts differ only in white space. */
export function sameButSpace(left: string, right: string): boolean {
  let [i, j] = [0, 0]
  while (true) {
    while (i < left.length && isSpace(left.charCodeAt(i))) i++
    while (j < right.length && isSpace(right.charCodeAt(j))) j++
    if (i === left.length || j === right.length) return i === left.length && j === right.length
    if (left.charCodeAt(i++) !== right.charCodeAt(j++)) return false
  }
}

function compareToken(
  wanted: string,
  got: string,
  { float, ignoreCase = false }: ExpectedTokens,
): string | undefined {
  if (wanted === got) return undefined
  if (ignoreCase && wanted.toLowerCase() === got.toLowerCase()) return undefined
  const difference = quoteDifference(wanted, got)
  if (float === undefined) return difference
  const [exact, other] = [decimal(wanted), decimal(got)]
  if (exact === undefined || other === undefined) return difference
  if (exact === other) return undefined
  if (float === 0) return `${difference}; the numbers are compared exactly`
  const off = Math.abs(Number(wanted) - Number(got))
  if (off <= float * Math.max(1, Math.abs(Number(wanted)))) return undefined
  return `${difference} (${Number(off.toPrecision(3))} apart, tolerance ${float})`
}

// The message shows only the part of long words around their first difference.
function quoteDifference(wanted: string, got: string): string {
  const [left, right] = cutPair(wanted, got)
  const [expected, received] = showPair(quoted(left), quoted(right))
  return `expected ${expected}, received ${received}`
}

/**
 * Normalizes a decimal number of any length: two numbers are equal if their normalized texts are equal. Infinities, NaN
 * and exponents of more than 15 digits do not count as numbers. The code has no regular expression for the digits, so
 * the time is certainly linear.
 *
 * @returns undefined for a token that is not a number
 * @example decimal('0012.50') // '125e-1'
 */
function decimal(token: string): string | undefined {
  const start = token[0] === '+' || token[0] === '-' ? 1 : 0
  const point = endOfDigits(token, start)
  const end = token[point] === '.' ? endOfDigits(token, point + 1) : point
  const whole = token.slice(start, point)
  const fraction = token.slice(point + 1, Math.max(point + 1, end))
  const digits = `${whole}${fraction}`
  const exponent = parseExponent(token.slice(end))
  if (digits === '' || exponent === undefined) return undefined
  let first = 0
  while (first < digits.length && digits[first] === '0') first++
  if (first === digits.length) return '0'
  let last = digits.length
  while (digits[last - 1] === '0') last--
  const power = exponent - fraction.length + (digits.length - last)
  return `${token[0] === '-' ? '-' : ''}${digits.slice(first, last)}e${power}`
}

function endOfDigits(token: string, from: number): number {
  let at = from
  while (at < token.length && isDigit(token.charCodeAt(at))) at++
  return at
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

function parseExponent(text: string): number | undefined {
  if (text === '') return 0
  return text.length <= 17 && /^e[+-]?\d{1,15}$/i.test(text) ? Number(text.slice(1)) : undefined
}
