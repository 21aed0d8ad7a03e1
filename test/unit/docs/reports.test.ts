import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { writers } from '../../../src/grading/writers/index.ts'

const root = resolve(import.meta.dirname, '../../..')
const page = readFileSync(resolve(root, 'docs/reports.md'), 'utf8')

test('the page on reports has every kind of report', () => {
  expect(Object.keys(writers).filter((kind) => !page.includes(`\`${kind}\``))).toEqual([])
})

test('the page on reports has every option of a writer', () => {
  const source = readFileSync(resolve(root, 'src/grading/writers/writer.ts'), 'utf8')
  const options = [...source.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name)
  expect(options).toContain('hiddenTests')
  expect(options.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([])
})
