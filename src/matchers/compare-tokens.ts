import type { ExpectedTokens } from './expected-text.ts'
import { quote } from './quote.ts'

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** The first difference between two token lists, as a sentence; `undefined` when they match. */
export function tokenDifference(
  { tokens, float }: ExpectedTokens,
  received: string,
): string | undefined {
  const wanted = splitTokens(tokens)
  const got = splitTokens(received)
  const shared = Math.min(wanted.length, got.length)
  for (let index = 0; index < shared; index++) {
    const difference = compareToken(wanted[index] ?? '', got[index] ?? '', float)
    if (difference !== undefined) return `Token ${index + 1} differs: ${difference}.`
  }
  if (wanted.length === got.length) return undefined
  const [verb, next] = wanted.length > got.length ? ['missing', wanted] : ['too many', got]
  return `Expected ${count(wanted)}, received ${count(got)}: token ${shared + 1}, ${quote(next[shared] ?? '')}, is ${verb}.`
}

/** The tokens of an expectation or an output. */
export function splitTokens(tokens: string | readonly string[]): string[] {
  const text = typeof tokens === 'string' ? tokens : tokens.join(' ')
  return text.split(/\s+/).filter((token) => token !== '')
}

function count({ length }: readonly string[]): string {
  return `${length} ${length === 1 ? 'token' : 'tokens'}`
}

function compareToken(
  wanted: string,
  got: string,
  tolerance: number | undefined,
): string | undefined {
  if (wanted === got) return undefined
  const difference = `expected ${quote(wanted)}, received ${quote(got)}`
  if (tolerance === undefined || !number.test(wanted) || !number.test(got)) return difference
  const off = Math.abs(Number(wanted) - Number(got))
  if (off <= tolerance * Math.max(1, Math.abs(Number(wanted)))) return undefined
  return `${difference} (${Number(off.toPrecision(3))} apart, tolerance ${tolerance})`
}
