import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const lines = readFileSync(join(root, 'docs/security.md'), 'utf8').split('\n')
const rows = lines.filter((line) => line.startsWith('| '))

const testsIn = (text: string): readonly string[] => text.match(/test\/[\w/-]+\.test\.ts/g) ?? []

/** A row's cells. A pipe inside a cell is escaped. */
const cellsOf = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())

/** The rows of the tables that have a column for each level of isolation, without their headers. */
function rowsWithLevels(): string[][] {
  const isHeader = (cells: readonly string[]) => cells.slice(1, 4).join() === LEVELS
  let isInside = false
  return lines.flatMap((line) => {
    const cells = line.startsWith('|') ? cellsOf(line) : []
    const isFirst = isHeader(cells)
    isInside = isFirst || (isInside && cells.length > 0)
    return isInside && !isFirst && !line.startsWith('| ---') ? [cells] : []
  })
}
const LEVELS = '`full`,`nested`,`confined`'

test('each file of test/hostile has a row', () => {
  const hostile = readdirSync(join(root, 'test/hostile'), { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/hostile/${name}`)
  const named = new Set(rows.flatMap(testsIn))
  expect(hostile.length).toBeGreaterThan(20)
  expect(hostile.filter((path) => !named.has(path))).toEqual([])
})

test('each test that the page names exists', () => {
  const named = testsIn(lines.join('\n'))
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('each row about an attack states the result at every level, and the test that shows it', () => {
  const found = rowsWithLevels()
  expect(found.length).toBeGreaterThan(50)
  for (const [attack = '', ...cells] of found) {
    expect(cells, attack).toHaveLength(5)
    expect(cells.slice(0, 4), attack).not.toContain('')
    expect(cells[3], attack).toMatch(/`(test\/|npm run test)/)
  }
})
