import { cutMiddle } from '../units/cut.ts'
import { visible } from '../units/visible.ts'
import { type Change, context, type LineDifference } from './line-diff.ts'
import { cutPair, differingCharacters, looksTheSame, showPair } from './look-alikes.ts'
import type { MatcherUtils } from './message.ts'

// A reader would not read a longer diff.
const maxShown = 60

/**
 * Prints a difference as a diff: expected lines with `-`, and received lines with `+`. Above each part that does not
 * begin at line 1, a line such as `@@ -40 +41 @@` gives the numbers of the part's first line in the expected and the
 * received text.
 */
export function printDiff(utils: MatcherUtils, { changes }: LineDifference): string {
  const lines = [utils.EXPECTED_COLOR('- Expected'), utils.RECEIVED_COLOR('+ Received'), '']
  const shown = hunks(changes)
  const texts = showChanges(changes)
  const printed = shown.slice(0, maxShown)
  printed.forEach((index, position) => {
    const change = changes[index]
    if (change === undefined) return
    const follows = position > 0 && printed[position - 1] === index - 1
    const { kind, expectedLine, receivedLine } = change
    if (!follows && (position > 0 || expectedLine > 1 || receivedLine > 1)) {
      lines.push(`@@ -${expectedLine} +${receivedLine} @@`)
    }
    const text = texts[index] ?? ''
    const print = printers[kind]
    lines.push(print(utils, text === '' ? '' : ` ${text}`))
  })
  if (shown.length > maxShown) lines.push('… (more differences follow)')
  return lines.join('\n')
}

const printers: Readonly<Record<Change['kind'], (utils: MatcherUtils, text: string) => string>> = {
  same: (_, text) => (text === '' ? '' : ` ${text}`),
  missing: (utils, text) => utils.EXPECTED_COLOR(`-${text}`),
  extra: (utils, text) => utils.RECEIVED_COLOR(`+${text}`),
}

// Returns the indices of the changes near a difference.
function hunks(changes: readonly Change[]): number[] {
  const near = new Set<number>()
  changes.forEach(({ kind }, index) => {
    if (kind === 'same') return
    for (let at = index - context; at <= index + context; at++) near.add(at)
  })
  return [...near].filter((index) => index in changes).sort((a, b) => a - b)
}

/**
 * The lines of the changes, ready to print. The function prints a missing line together with the extra line that
 * replaces it, so that hidden differences between the two lines become visible.
 */
function showChanges(changes: readonly Change[]): string[] {
  const texts = changes.map(({ text }) => visible(cutMiddle(text, 240)))
  for (const [missing, extra] of linePairs(changes)) {
    const [left = '', right = ''] = [changes[missing]?.text, changes[extra]?.text]
    const pair = showPair(...cutPair(left, right))
    const marked = left.trimEnd() === right.trimEnd() ? pair.map(markTrailing) : pair
    texts[missing] = marked[0] ?? ''
    texts[extra] = marked[1] ?? ''
  }
  return texts
}

// Returns the index of each missing line, with the index of the extra line in its place. The function pairs the missing
// and the extra lines of a block in their order.
function linePairs(changes: readonly Change[]): [missing: number, extra: number][] {
  const pairs: [number, number][] = []
  let missing: number[] = []
  let extra: number[] = []
  const flush = () => {
    missing.forEach((index, position) => {
      const partner = extra[position]
      if (partner !== undefined) pairs.push([index, partner])
    })
    missing = []
    extra = []
  }
  changes.forEach(({ kind }, index) => {
    if (kind === 'same') flush()
    else if (kind === 'missing') missing.push(index)
    else extra.push(index)
  })
  flush()
  return pairs
}

// In `line`, escapes have already replaced control characters, so a carriage return is two characters.
function markTrailing(line: string): string {
  const end = line.endsWith('\\r') ? '\\r' : ''
  const rest = line.slice(0, line.length - end.length)
  const body = rest.trimEnd()
  const space = rest.slice(body.length).replaceAll(' ', '·').replaceAll('\t', '→')
  return `${body}${space}${end}`
}

/** A sentence about the first different line, if the two lines look the same. */
export function lookAlikeNote({ line, expected, received }: LineDifference): string | undefined {
  if (expected === undefined || received === undefined) return undefined
  const [left, right] = cutPair(expected, received)
  if (!looksTheSame(left, right) || left.trimEnd() === right.trimEnd()) return undefined
  const [wanted, got] = differingCharacters(left, right)
  return `Line ${line} looks the same in both: expected ${wanted}, received ${got}.`
}
