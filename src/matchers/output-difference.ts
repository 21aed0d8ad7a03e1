import type { OutputFailure } from '../feedback/matcher-failure.ts'
import { cutMiddle, excerpt } from '../units/cut.ts'
import type { InvalidByte } from '../units/utf8.ts'
import { type LineMode, lineDifference } from './line-diff.ts'
import type { MatcherUtils } from './message.ts'
import { lookAlikeNote, printDiff } from './print-diff.ts'
import { sameButSpace } from './tokens.ts'

/** The output of a program, with its name. */
export interface Output {
  /** The name in messages: `stdout`, or the file's path. */
  readonly name: string
  readonly place: Pick<OutputFailure, 'stream' | 'file'>
  readonly contents: string | Uint8Array
  /** The first byte that is not UTF-8, if `contents` is already text. */
  readonly invalidByte?: InvalidByte | undefined
}

interface Difference {
  readonly notes: readonly string[]
  readonly failure: OutputFailure
}

/** The first difference of two texts as notes for a person, and as data. */
export function differenceOf(
  utils: MatcherUtils,
  expected: string,
  output: Output,
  text: string,
  mode: LineMode,
): Difference {
  const difference = lineDifference(expected, text, mode)
  if (difference === undefined) {
    return { notes: [], failure: outputFailure(output, text, { source: expected }) }
  }
  const only = onlyDifference(expected, text)
  const notes = [
    ...(only === undefined ? [] : [only.note]),
    lookAlikeNote(difference),
    // A diff that starts at line 1 needs no sentence about the line.
    difference.changes[0]?.expectedLine === 1
      ? undefined
      : `The texts differ first in line ${difference.line}:`,
    printDiff(utils, difference),
  ]
  const failure = outputFailure(output, text, {
    ...difference,
    ...(only === undefined ? {} : { only: only.kind }),
    source: expected,
  })
  return { notes: notes.filter((note) => note !== undefined), failure }
}

interface OnlyDifference {
  readonly kind: NonNullable<OutputFailure['only']>
  readonly note: string
}

/** The kind of the only difference; undefined if the texts have other differences. */
function onlyDifference(expected: string, received: string): OnlyDifference | undefined {
  const newline = 'The only difference is the final newline:'
  if (expected === `${received}\n`) {
    return { kind: 'final-newline-missing', note: `${newline} it is missing.` }
  }
  if (received === `${expected}\n`) {
    const problem = expected.endsWith('\n') ? 'there is one too many' : 'none was expected'
    return { kind: 'final-newline-too-many', note: `${newline} ${problem}.` }
  }
  if (expected.replaceAll('\r\n', '\n') === received.replaceAll('\r\n', '\n')) {
    return {
      kind: 'space',
      note: 'The only difference is how lines end: "\\r\\n" against "\\n".',
    }
  }
  if (lineDifference(expected, received, 'trimmed') === undefined) {
    return {
      kind: 'space',
      note: 'The only difference is white space at the ends of lines or of the text (space ·, tab →).',
    }
  }
  if (sameButSpace(expected, received)) {
    return { kind: 'space', note: 'The only difference is white space.' }
  }
  if (expected.toLowerCase() === received.toLowerCase()) {
    return { kind: 'case', note: 'The only difference is upper and lower case.' }
  }
  return undefined
}

const mostInFailure = 200

/** A difference as data, with each part cut to a short length. */
export function outputFailure(
  { place }: Output,
  text: string,
  difference: {
    readonly line?: number
    readonly expected?: string | undefined
    readonly received?: string | undefined
    readonly only?: NonNullable<OutputFailure['only']>
    /** The whole expected text. */
    readonly source?: string
  },
): OutputFailure {
  const { line = 1, expected, received, only, source } = difference
  return {
    kind: 'output',
    ...place,
    line,
    ...(expected === undefined ? {} : { expected: cutMiddle(expected, mostInFailure) }),
    ...(received === undefined ? {} : { received: cutMiddle(received, mostInFailure) }),
    ...(only === undefined ? {} : { only }),
    ...(source === undefined ? {} : { expectedExcerpt: excerpt(source, line) }),
    receivedExcerpt: excerpt(text, line),
  }
}
