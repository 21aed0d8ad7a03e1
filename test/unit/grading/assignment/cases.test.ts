import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readCases } from '../../../../src/grading/assignment/cases.ts'
import { rowTitle } from '../../../../src/grading/assignment/title.ts'
import { chosenReports } from '../../../../src/grading/writers/reports-option.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gradebox-cases-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const put = (name: string, contents: string | Uint8Array) =>
  writeFileSync(join(directory, name), contents)

test('cases have an input and an answer, and may have arguments, points and a hint', () => {
  put('10.in', 'ten')
  put('10.out', 'TEN')
  put('9.in', 'nine')
  put('9.ans', 'NINE')
  put('9.args', '--fast\nwith space\n')
  put('9.toml', 'points = 2.5\nhint = "Think."\n')
  put('8.in', '')
  put('8.a', '')
  put('8.toml', 'args = ["x"]\n')
  expect(readCases('.', directory)).toEqual([
    { name: '8', input: '', answer: '', args: ['x'] },
    {
      name: '9',
      input: 'nine',
      answer: 'NINE',
      args: ['--fast', 'with space'],
      points: 2.5,
      hint: 'Think.',
    },
    { name: '10', input: 'ten', answer: 'TEN', args: [] },
  ])
  expect(readCases('1*.in', directory).map(({ name }) => name)).toEqual(['10'])
})

test('wrong cases are refused by name', () => {
  expect(() => readCases('nothing', directory)).toThrow(
    `There are no cases in ${join(directory, 'nothing')}\n  hint: A case is a file NAME.in with NAME.ans.`,
  )
  put('1.in', '')
  expect(() => readCases('.', directory)).toThrow(
    `The case ${join(directory, '1.in')} has no answer`,
  )
  put('1.ans', '')
  put('1.toml', 'point = 2')
  expect(() => readCases('.', directory)).toThrow(/1\.toml: point: .*\n {2}hint: A case may set/)
  put('1.toml', 'points =')
  expect(() => readCases('.', directory)).toThrow(/1\.toml is not TOML: /)
})

test('a case loses its byte order mark, and one that is not UTF-8 is refused by name', () => {
  put('bom.in', '\ufeff1\n')
  put('bom.ans', '\ufeff2\n')
  expect(readCases('.', directory)).toEqual([
    { name: 'bom', input: '1\n', answer: '2\n', args: [] },
  ])
  put('bom.ans', Buffer.from('\u00fc', 'latin1'))
  expect(() => readCases('.', directory)).toThrow(`${directory}/bom.ans is not text in UTF-8`)
})

test('titles of rows contain the values of the row', () => {
  expect(rowTitle('%s and %i', ['a', 2, 3], 0)).toBe('a and 2')
  expect(rowTitle('row %#: $name', [{ name: 'x' }], 4)).toBe('row 4: x')
  expect(rowTitle('plain', [1], 0)).toBe('plain')
})

test('reports are chosen by the option, and by the variable for CI', () => {
  expect(chosenReports(undefined, '')).toEqual([['json', { path: 'gradebox-report.json' }]])
  expect(chosenReports({ csv: 'a.csv' }, 'csv=b.csv, junit=j=1.xml')).toEqual([
    ['json', { path: 'gradebox-report.json' }],
    ['csv', { path: 'b.csv' }],
    ['junit', { path: 'j=1.xml' }],
  ])
  expect(
    chosenReports({ gradescope: { path: 'r', hiddenTests: 'after-published' } }, '')[1],
  ).toEqual(['gradescope', { path: 'r', hiddenTests: 'after-published' }])
  const wrong = { word: 'a.doc' } as object
  expect(() => chosenReports(wrong, '')).toThrow(
    'There is no kind of report `word`\n  hint: The kinds are json, csv,',
  )
  expect(() => chosenReports({ csv: '' }, '')).toThrow(
    'Expected `reports.csv` to be a path, got `` (string)',
  )
  expect(() => chosenReports({}, 'csv')).toThrow(
    'Expected GRADEBOX_REPORTS to be KIND=PATH, got `csv`',
  )
})
