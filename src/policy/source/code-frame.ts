/** A position in a text. Line and column start at 1. The column counts UTF-16 units. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** The position of an offset. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - start + 1 }
}

/** The offset of a position; the length of the text for a position beyond the end. */
export function offsetAt(text: string, { line, column }: Position): number {
  let start = 0
  for (let index = 1; index < line; index++) {
    const end = text.indexOf('\n', start)
    if (end < 0) return text.length
    start = end + 1
  }
  return Math.min(start + column - 1, text.length)
}

/** The number of columns to show. The frame shows only the part of a longer line around the caret. */
const WIDTH = 100

// Control characters would shift the caret or move the terminal's cursor.
const printable = (line: string): string => line.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')

/**
 * A line of a text, the line before and the line after, with a caret under a column.
 *
 * @example
 * codeFrame('[limits]\nwalltme = 5\n', { line: 2, column: 1 })
 * //     1 | [limits]
 * //   > 2 | walltme = 5
 * //       | ^
 */
export function codeFrame(text: string, { line, column }: Position): string {
  const lines = text.split(/\r?\n/)
  // A final newline does not start another line.
  const count = lines.at(-1) === '' ? Math.max(line, lines.length - 1) : lines.length
  const isWide = (lines[line - 1] ?? '').length > WIDTH
  const shift = isWide ? Math.max(0, column - WIDTH / 2) : 0
  const digits = String(Math.min(line + 1, count)).length
  const frame: string[] = []
  for (let number = Math.max(1, line - 1); number <= Math.min(line + 1, count); number++) {
    const shown = printable((lines[number - 1] ?? '').slice(shift, shift + WIDTH))
    const mark = number === line ? '>' : ' '
    frame.push(`  ${mark} ${String(number).padStart(digits)} | ${shown}`.trimEnd())
    if (number === line) {
      frame.push(`    ${' '.repeat(digits)} | ${' '.repeat(column - 1 - shift)}^`)
    }
  }
  return frame.join('\n')
}
