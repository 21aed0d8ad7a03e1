import type { MatcherUtils } from './context.ts'
import { trimLines } from './trim-lines.ts'
import { visible } from './visible.ts'

// Beyond this a diff costs more than it tells: only what surrounds the first difference is shown.
const maxCharacters = 4096
const charactersBefore = 500
const charactersAfter = 1500

/**
 * What to say about two texts that differ: a sentence where only white space at line ends does, and
 * a diff.
 */
export function textDifference(utils: MatcherUtils, expected: string, received: string): string[] {
  const advice = whiteSpaceAdvice(expected, received)
  const show = advice === undefined ? visible : (text: string) => visible(markTrailing(text))
  const { from, texts } = surroundings(expected, received)
  const [left = '', right = ''] = dropCommonNewline(texts).map(show)
  const diff = left === right ? 'Both print the same.' : (utils.diff(left, right) ?? '')
  const place = from === 1 ? [] : [`The texts differ first near line ${from}:`]
  return [...(advice === undefined ? [] : [advice]), ...place, diff]
}

function whiteSpaceAdvice(expected: string, received: string): string | undefined {
  if (expected === `${received}\n`)
    return 'The only difference is the final newline: it is missing.'
  if (received === `${expected}\n`) {
    const problem = expected.endsWith('\n') ? 'there is one too many' : 'none was expected'
    return `The only difference is the final newline: ${problem}.`
  }
  if (expected.replaceAll('\r\n', '\n') === received.replaceAll('\r\n', '\n'))
    return 'The only difference is how lines end: "\\r\\n" against "\\n".'
  if (trimLines(expected) === trimLines(received))
    return 'The only difference is white space at the ends of lines or of the text (space ·, tab →).'
  return undefined
}

function markTrailing(text: string): string {
  return text.replace(/[ \t]+(?=\r?$)/gm, (space) =>
    space.replaceAll(' ', '·').replaceAll('\t', '→'),
  )
}

function surroundings(expected: string, received: string): { from: number; texts: string[] } {
  const texts = [expected, received]
  if (expected.length + received.length <= maxCharacters) return { from: 1, texts }
  const at = firstDifference(expected, received)
  const lineStart = expected.lastIndexOf('\n', at - charactersBefore) + 1
  const start = Math.max(lineStart, at - 2 * charactersBefore, 0)
  const cut = texts.map((text) => text.slice(start, at + charactersAfter))
  return { from: expected.slice(0, at).split('\n').length, texts: cut }
}

// A diff would show it as one more, empty line.
function dropCommonNewline(texts: readonly string[]): readonly string[] {
  return texts.every((text) => text.endsWith('\n')) ? texts.map((text) => text.slice(0, -1)) : texts
}

function firstDifference(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  let at = 0
  while (at < shorter && left.charCodeAt(at) === right.charCodeAt(at)) at++
  return at
}
