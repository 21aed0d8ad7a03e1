/**
 * How to split a text into lines: exactly, or without the white space at line ends and without empty last
 * lines.
 */
export type LineMode = 'exact' | 'trimmed'

/** The first difference of two texts, and the lines around this difference. */
export interface LineDifference {
  /** The number of the first line that differs, from 1. The number is the same in both texts. */
  readonly line: number
  /** The contents of this line in each text; absent if the text has no such line. */
  readonly expected: string | undefined
  readonly received: string | undefined
  readonly changes: readonly Change[]
}

/** One line of the part in which two texts differ. */
export interface Change {
  readonly kind: 'same' | 'missing' | 'extra'
  readonly text: string
  /** The line's number in each text. */
  readonly expectedLine: number
  readonly receivedLine: number
}

/** The number of common lines around a difference. */
export const context = 3
// The bounds are large enough to align inserted and missing lines, and small enough for a table of all pairs of lines.
const maxLines = 300
const maxCharacters = 100_000

/**
 * Finds where the lines of two texts differ; `undefined` when the texts are the same. The time grows with the length of
 * the texts.
 */
export function lineDifference(
  expected: string,
  received: string,
  mode: LineMode,
): LineDifference | undefined {
  // A final newline in both texts does not start an empty last line.
  const common = mode === 'exact' && expected.endsWith('\n') && received.endsWith('\n')
  const [wanted, got] = [new Lines(expected, mode, common), new Lines(received, mode, common)]
  const before: string[] = []
  while (true) {
    const [next, found] = [wanted.next(), got.next()]
    if (next === undefined && found === undefined) return undefined
    if (next === found) {
      before.push(next ?? '')
      if (before.length > context) before.shift()
      continue
    }
    const line = wanted.count + (next === undefined ? 1 : 0)
    const changes = align(window(wanted, next), window(got, found), line)
    const first = line - before.length
    const same = before.map((text, index): Change => {
      return { kind: 'same', text, expectedLine: first + index, receivedLine: first + index }
    })
    return { line, expected: next, received: found, changes: [...same, ...changes] }
  }
}

/** Reads the lines of a text one by one, because a list of all lines of 16 MB would be large. */
class Lines {
  readonly #text: string
  readonly #trims: boolean
  readonly #end: number
  #at = 0
  /** The number of lines read so far. */
  count = 0

  constructor(text: string, mode: LineMode, endsBeforeNewline: boolean) {
    this.#text = text
    this.#trims = mode === 'trimmed'
    this.#end = this.#trims ? text.trimEnd().length : text.length - (endsBeforeNewline ? 1 : 0)
    if (text === '' || (this.#trims && this.#end === 0)) this.#at = -1
  }

  next(): string | undefined {
    if (this.#at === -1) return undefined
    const found = this.#text.indexOf('\n', this.#at)
    const end = found === -1 || found >= this.#end ? this.#end : found
    const line = this.#text.slice(this.#at, end)
    this.#at = end === this.#end ? -1 : end + 1
    this.count++
    return this.#trims ? line.trimEnd() : line
  }

  get isAtEnd(): boolean {
    return this.#at === -1
  }
}

interface Window {
  readonly lines: readonly string[]
  /** Whether the text continues after these lines. */
  readonly hasMore: boolean
}

function window(rest: Lines, first: string | undefined): Window {
  const lines: string[] = []
  let characters = 0
  for (let line = first; line !== undefined; line = rest.next()) {
    lines.push(line)
    characters += line.length
    if (lines.length === maxLines || characters > maxCharacters) break
  }
  return { lines, hasMore: !rest.isAtEnd }
}

/** Pairs the common lines in order, so that as few lines as possible remain without a partner. */
function align(expected: Window, received: Window, line: number): Change[] {
  const [left, right] = [expected.lines, received.lines]
  const lengths = commonLengths(left, right)
  const width = right.length + 1
  const changes: Change[] = []
  let [i, j] = [0, 0]
  const add = (kind: Change['kind'], text: string) =>
    changes.push({ kind, text, expectedLine: line + i, receivedLine: line + j })
  while (i < left.length || j < right.length) {
    const [down, across] = [lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0]
    if (i < left.length && j < right.length && left[i] === right[j]) {
      add('same', left[i] ?? '')
      i++
      j++
    } else if (j === right.length || (i < left.length && down >= across)) {
      add('missing', left[i] ?? '')
      i++
    } else {
      add('extra', right[j] ?? '')
      j++
    }
  }
  return expected.hasMore || received.hasMore ? withoutUndecidedEnd(changes) : changes
}

// Returns a number for each pair of lines, row by row. The number is the length of the longest common sequence of lines
// that starts at this pair or later.
function commonLengths(left: readonly string[], right: readonly string[]): Uint16Array {
  const numbers = new Map<string, number>()
  const numberOf = (line: string) => {
    const known = numbers.get(line)
    if (known !== undefined) return known
    numbers.set(line, numbers.size)
    return numbers.size - 1
  }
  const [a, b] = [left.map(numberOf), right.map(numberOf)]
  const width = b.length + 1
  const lengths = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [down, across] = [lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0]
      const both = (lengths[(i + 1) * width + j + 1] ?? 0) + 1
      lengths[i * width + j] = a[i] === b[j] ? both : Math.max(down, across)
    }
  }
  return lengths
}

// A line after the last common line may have its partner beyond the window. The function therefore removes such lines.
// If there is no common line, only the first line of each text certainly differs.
function withoutUndecidedEnd(changes: readonly Change[]): Change[] {
  const lastSame = changes.findLastIndex(({ kind }) => kind === 'same')
  if (lastSame !== -1) return changes.slice(0, lastSame + 1)
  const firsts = (['missing', 'extra'] as const).map((wanted) =>
    changes.find(({ kind }) => kind === wanted),
  )
  return firsts.filter((change) => change !== undefined)
}
