/**
 * Returns a short text unchanged. Replaces the middle of a long text by the length of the text.
 *
 * @param most - the largest number of characters of the text to show
 * @example cutMiddle('abcdefgh', 4) // 'ab… (8 characters) …gh'
 */
export function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text
  const end = Math.floor(most / 2)
  return `${sliceWhole(text, 0, most - end)}… (${text.length} characters) …${sliceWhole(text, text.length - end)}`
}

/** Returns a part of a text, and omits half a surrogate pair at each end. */
export function sliceWhole(text: string, start: number, end = text.length): string {
  const from = isInsidePair(text, start) ? start + 1 : start
  const to = isInsidePair(text, end) ? end - 1 : end
  return text.slice(from, to)
}

function isInsidePair(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false
  return (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00
}

/** Some lines of a text that a person reads. */
export interface Excerpt {
  /** The number of the first line shown, from 1. */
  readonly firstLine: number
  readonly lines: readonly string[]
  /** The number of lines of the text after the shown lines. */
  readonly moreLines: number
}

const linesBefore = 3
const mostLines = 12
const mostCharacters = 160

/**
 * The lines around one line of a text, each cut to 160 characters.
 *
 * @param line - the line that matters, from 1
 */
export function excerpt(text: string, line = 1): Excerpt {
  return linesFrom(text, Math.max(1, line - linesBefore))
}

/** The last lines of a text, each cut to 160 characters. */
export function lastLines(text: string): Excerpt {
  return linesFrom(text, Math.max(1, countLines(text, 0) - mostLines + 1))
}

function linesFrom(text: string, firstLine: number): Excerpt {
  let start = 0
  for (let number = 1; number < firstLine && start !== -1; number++) start = nextLine(text, start)
  const lines: string[] = []
  while (start !== -1 && start < text.length && lines.length < mostLines) {
    const next = nextLine(text, start)
    lines.push(cutMiddle(text.slice(start, next === -1 ? undefined : next - 1), mostCharacters))
    start = next
  }
  return { firstLine, lines, moreLines: countLines(text, start) }
}

function countLines(text: string, from: number): number {
  let count = 0
  for (let at = from; at !== -1 && at < text.length; at = nextLine(text, at)) count++
  return count
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? -1 : end + 1
}
