// @ts-check

/** @typedef {readonly (string | number)[]} Row */

/**
 * A Markdown table; numbers are aligned to the right.
 *
 * @param {readonly string[]} head
 * @param {readonly Row[]} rows
 */
export function table(head, rows) {
  const texts = [head, ...rows.map((row) => row.map(String))]
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)))
  const isNumber = head.map((_, column) => column > 0)
  /** @type {(row: readonly string[]) => string} */
  const line = (row) =>
    `| ${row.map((text, column) => (isNumber[column] ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, column) =>
    isNumber[column] ? `${'-'.repeat(Math.max(1, width - 1))}:` : '-'.repeat(width),
  )
  return [line(texts[0] ?? []), `| ${rule.join(' | ')} |`, ...texts.slice(1).map(line)].join('\n')
}

/** @type {(value: number, digits?: number) => string} */
export const fixed = (value, digits = 2) => value.toFixed(digits)
