import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseLanguages } from '../../../../src/grading/languages/choose-languages.ts'
import {
  importExport,
  isExport,
} from '../../../../src/grading/submissions/exports/import-export.ts'
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

test('an export is unpacked again when what was unpacked is damaged', () => {
  const first = importExport(zip, cache, ['.py'])
  const [place = ''] = readdirSync(cache)
  const path = first[0]?.path ?? ''
  for (const damage of [
    () => writeFileSync(join(cache, place, 'index.json'), '[{'),
    () => rmSync(path, { recursive: true }),
  ]) {
    damage()
    expect(importExport(zip, cache, ['.py'])).toEqual(first)
    expect(readFileSync(join(path, 'main.py'), 'utf8')).toBe('1')
  }
}, 60_000)

test('an export as a folder is unpacked again when a file deep in it changes', () => {
  const deep = join(folder, 'class/ada/src/deep')
  mkdirSync(deep, { recursive: true })
  writeFileSync(join(folder, 'class/ada/data.zip'), zipSync({ 'x.txt': strToU8('x') }))
  writeFileSync(join(deep, 'main.py'), '1')
  const main = () => {
    const [ada] = importExport(join(folder, 'class'), cache, ['.py'])
    return readFileSync(join(ada?.path ?? '', 'src/deep/main.py'), 'utf8')
  }
  expect(main()).toBe('1')
  writeFileSync(join(deep, 'main.py'), '22')
  expect(main()).toBe('22')
  // A name that is not UTF-8 affects no other submission.
  mkdirSync(Buffer.concat([Buffer.from(join(folder, 'class/')), Buffer.from([0xff])]))
  expect(main()).toBe('22')
}, 60_000)

test('files that an operating system adds do not hide the platform', () => {
  const place = join(folder, 'canvas')
  mkdirSync(place)
  for (const name of ['.DS_Store', 'Thumbs.db', 'desktop.ini', '._lovelaceada_1042_77_main.py']) {
    writeFileSync(join(place, name), 'x')
  }
  writeFileSync(join(place, 'lovelaceada_1042_77_main.py'), '1')
  writeFileSync(join(place, 'hopper_LATE_43_78_main-2.py'), '2')
  expect(isExport(place)).toBe(true)
  const found = importExport(place, cache, ['.py'])
  expect(found.map(({ id, path = '' }) => [id, readdirSync(path)])).toEqual([
    ['hopper_43', ['main.py']],
    ['lovelaceada_1042', ['main.py']],
  ])
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
