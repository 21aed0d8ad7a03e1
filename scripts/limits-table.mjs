import { readFileSync, writeFileSync } from 'node:fs'

/** @typedef {readonly (readonly [string, import('../src/limits/table.ts').LimitRow])[]} LimitRows */

const START = '<!-- limits: made by npm run policy-schema from src/limits/table.ts -->\n'
const END = '<!-- /limits -->\n'
const path = new URL('../docs/limits.md', import.meta.url)

/** @param {LimitRows} rows */
function limitsTable(rows) {
  const lines = rows.map(([name, { held, controller, docs }]) => {
    const group = docs.group === undefined ? 'the same' : `\`cgroup\`: ${docs.group}`
    const with_ = controller === undefined ? 'the same' : group
    return `| \`${name}\` | \`${held}\`: ${docs.without} | ${with_} | ${docs.hit} | ${docs.absent} |`
  })
  return [
    '| limit | without a control group | with one | when a program hits it | value if nobody sets it |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n')
}

/**
 * Replaces the table of limits in the documentation.
 *
 * @param {string} text docs/limits.md
 * @param {LimitRows} rows
 */
export function withLimitsTable(text, rows) {
  const [before, rest] = text.split(START)
  const [, after] = rest?.split(END) ?? []
  if (before === undefined || after === undefined) {
    throw new Error(`docs/limits.md must have both ${START} and ${END}`)
  }
  return `${before}${START}\n${limitsTable(rows)}\n${END}${after}`
}

/** Writes the table into docs/limits.md. @param {LimitRows} rows */
export function writeLimitsTable(rows) {
  writeFileSync(path, withLimitsTable(readFileSync(path, 'utf8'), rows))
}
