import { sliceWhole } from '../units/cut.ts'
import { escapeCharacter, visible } from '../units/visible.ts'

// Characters that are hard to see or to distinguish: spaces that are not U+0020, characters without a width,
// combining marks, dashes that are not U+002D, and quotation marks.
const hardToSee =
  /(?![ -])[\p{Zs}\p{Cf}\p{M}\p{Pd}\u00ad\u00b4\u2010-\u2015\u2018-\u201f\u2032-\u2037\u2043\u2212\u2500\ufe58\ufe63]/gu
const notAscii = /[^\0-\u007f]/gu

// Letters and signs that look like other characters in most fonts. Compatibility characters, such as full-width digits,
// need no entry here, because NFKC replaces them.
const alike: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['-', '\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\ufe58\ufe63'],
    ["'", '\u00b4`\u2018\u2019\u201a\u201b\u2032'],
    ['"', '\u201c\u201d\u201e\u201f\u2033'],
    ['a', '\u0430\u03b1'],
    ['c', '\u0441\u03f2'],
    ['e', '\u0435'],
    ['i', '\u0456\u03b9'],
    ['j', '\u0458'],
    ['o', '\u043e\u03bf'],
    ['p', '\u0440\u03c1'],
    ['s', '\u0455'],
    ['u', '\u03c5'],
    ['v', '\u03bd\u0475'],
    ['x', '\u0445\u03c7'],
    ['y', '\u0443\u03b3'],
    ['A', '\u0410\u0391'],
    ['B', '\u0412\u0392'],
    ['C', '\u0421\u03f9'],
    ['E', '\u0415\u0395'],
    ['H', '\u041d\u0397'],
    ['I', '\u0406\u0399\u04c0'],
    ['J', '\u0408'],
    ['K', '\u041a\u039a'],
    ['M', '\u041c\u039c'],
    ['N', '\u039d'],
    ['O', '\u041e\u039f'],
    ['P', '\u0420\u03a1'],
    ['S', '\u0405'],
    ['T', '\u0422\u03a4'],
    ['X', '\u0425\u03a7'],
    ['Y', '\u0423\u03a5'],
    ['Z', '\u0396'],
    ['x', '\u00d7'],
    ['*', '\u2217'],
    [':', '\u2236\uff1a'],
    ['/', '\u2044\u2215'],
    ['.', '\u2024'],
    ['...', '\u2026'],
  ].flatMap(([plain = '', others = '']) => [...others].map((other) => [other, plain])),
)

/** Whether two different texts look the same. Only for short texts. */
export function looksTheSame(left: string, right: string): boolean {
  return left !== right && skeleton(left) === skeleton(right)
}

function skeleton(text: string): string {
  const plain = text.replace(notAscii, (character) => alike[character] ?? character)
  return plain
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(notAscii, (each) => alike[each] ?? each)
}

/**
 * Two texts to print next to each other. In the part that differs, characters that are hard to distinguish become
 * escapes. Control characters always become escapes. Only for short texts.
 *
 * @example showPair('5 km', '5\u00a0km') // ['5 km', '5\\u00a0km']
 */
export function showPair(left: string, right: string): [left: string, right: string] {
  const { start, leftEnd, rightEnd } = differingPart(left, right)
  const hidden = looksTheSame(left, right) ? notAscii : hardToSee
  const show = (text: string, end: number) =>
    visible(text.slice(0, start)) +
    visible(text.slice(start, end).replace(hidden, escapeCharacter)) +
    visible(text.slice(end))
  return [show(left, leftEnd), show(right, rightEnd)]
}

/** The parts in which two texts that look the same differ, with escapes: `"\u2212"` and `"-"`. */
export function differingCharacters(left: string, right: string): [left: string, right: string] {
  const { start, leftEnd, rightEnd } = differingPart(left, right)
  const show = (part: string) => `"${visible(part.replace(notAscii, escapeCharacter))}"`
  return [show(left.slice(start, leftEnd)), show(right.slice(start, rightEnd))]
}

function differingPart(left: string, right: string) {
  const shorter = Math.min(left.length, right.length)
  let start = firstDifference(left, right)
  let back = 0
  while (back < shorter - start && left.at(-1 - back) === right.at(-1 - back)) back++
  // A pair of surrogates is one character, so the differing part must not begin or end inside a pair.
  if (start > 0 && isHighSurrogate(left, start - 1)) start--
  if (back > 0 && isLowSurrogate(left, left.length - back)) back--
  return { start, leftEnd: left.length - back, rightEnd: right.length - back }
}

/**
 * The index of the first different character. If one text is the beginning of the other text, the length of the shorter
 * text.
 */
function firstDifference(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  let at = 0
  while (at < shorter && left.charCodeAt(at) === right.charCodeAt(at)) at++
  return at
}

const isHighSurrogate = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xd800
const isLowSurrogate = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xdc00

const mostCharacters = 240
const before = 80

/**
 * Two lines. The function cuts a long line to the characters around the first difference, and adds the line's length.
 */
export function cutPair(left: string, right: string): [left: string, right: string] {
  const at = firstDifference(left, right)
  const cut = (line: string) => {
    if (line.length <= mostCharacters) return line
    const start = Math.max(0, Math.min(at - before, line.length - mostCharacters))
    const end = Math.min(line.length, start + mostCharacters)
    const shown = sliceWhole(line, start, end)
    return `${start > 0 ? '…' : ''}${shown}${end < line.length ? '…' : ''} (${line.length} characters)`
  }
  return [cut(left), cut(right)]
}
