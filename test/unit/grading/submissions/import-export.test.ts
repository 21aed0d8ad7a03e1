import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseLanguages } from '../../../../src/grading/languages/choose-languages.ts'
import { importExport } from '../../../../src/grading/submissions/exports/import-export.ts'
import { findSubmissions } from '../../../../src/grading/submissions/find.ts'

let folder: string
let zip: string
let cache: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradebox-import-'))
  zip = join(folder, 'class.zip')
  cache = join(folder, 'cache')
  writeFileSync(zip, zipSync({ 'ada/main.py': strToU8('1'), 'bob/../../x': strToU8('2') }))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('an export is unpacked once, and again when it changes', () => {
  const first = importExport(zip, cache, ['.py'])
  expect(first.map(({ id, refused }) => [id, refused])).toEqual([
    ['ada', undefined],
    ['bob', '`../../x` has `..` in its path'],
  ])
  expect(importExport(zip, cache, ['.py'])).toEqual(first)
  writeFileSync(zip, zipSync({ 'eve/main.py': strToU8('1'), 'flo/main.py': strToU8('2') }))
  utimesSync(zip, 1, 1)
  expect(importExport(zip, cache, ['.py']).map(({ id }) => id)).toEqual(['eve', 'flo'])
}, 60_000)

test('an export that is damaged causes an error that says what to do', () => {
  writeFileSync(zip, 'no zip')
  expect(() => importExport(zip, cache, [])).toThrow(
    `The submissions in ${zip} cannot be read: End of central directory record signature not found. Either not a zip file, or file is truncated.`,
  )
}, 60_000)

test('the submissions of an assignment can be a zip file, or a folder with zip files', () => {
  const found = findSubmissions('class.zip', folder, chooseLanguages(undefined))
  expect(found.map(({ id, refused }) => [id, refused !== undefined])).toEqual([
    ['ada', false],
    ['bob', true],
  ])
  mkdirSync(join(folder, 'all/cy'), { recursive: true })
  writeFileSync(join(folder, 'all/dee.zip'), zipSync({ 'main.py': strToU8('1') }))
  const both = findSubmissions('all', folder, chooseLanguages(undefined))
  expect(both.map(({ id }) => id)).toEqual(['cy', 'dee'])
}, 60_000)
