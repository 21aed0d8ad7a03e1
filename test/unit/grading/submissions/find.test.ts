import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chooseLanguages } from '../../../../src/grading/languages/choose-languages.ts'
import { checkFolder } from '../../../../src/grading/submissions/exports/check-entries.ts'
import { findSubmissions } from '../../../../src/grading/submissions/find.ts'
import { selectSubmissions } from '../../../../src/grading/submissions/select.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradebox-find-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(...path: readonly string[]): void {
  mkdirSync(join(folder, ...path.slice(0, -1)), { recursive: true })
  writeFileSync(join(folder, ...path), 'x')
}

const find = () => findSubmissions(folder, '/', chooseLanguages(undefined))

const refusals = () =>
  Object.fromEntries(find().map(({ id, refused }) => [id, refused ?? 'accepted']))

const notUtf8 = () => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x62, 0xff])])

describe('in a folder of folders', () => {
  test('links, devices and names that are not UTF-8 are refused by name, and the other submissions are found', () => {
    put('ada', 'main.py')
    put('notes.txt')
    symlinkSync('ada', join(folder, 'alias'))
    execFileSync('mkfifo', [join(folder, 'fifo')])
    mkdirSync(notUtf8())
    expect(refusals()).toEqual({
      ada: 'accepted',
      alias: '`alias` is a link, and not a folder with a submission',
      fifo: '`fifo` is a device, and not a folder with a submission',
      'b\ufffd': '`b\ufffd` has a name that is not UTF-8',
    })
  })

  test('a name with a control character is refused by name', () => {
    put('ada\u001b[2J', 'main.py')
    put('bob\nx', 'main.py')
    put('\u200fcleo', 'main.py')
    expect(refusals()).toEqual({
      'ada\u001b[2J': '`ada\\e[2J` has a control character in its name',
      'bob\nx': '`bob\\nx` has a control character in its name',
      '\u200fcleo': 'accepted',
    })
  })

  test('submissions whose names differ only in case are refused by name', () => {
    put('ada', 'main.py')
    put('Ada', 'main.py')
    put('bob', 'main.py')
    expect(refusals()).toEqual({
      Ada: '`Ada` differs from `ada` only in case: macOS and Windows keep one of them',
      ada: '`ada` differs from `Ada` only in case: macOS and Windows keep one of them',
      bob: 'accepted',
    })
  })

  test('submissions whose names differ only in their Unicode form are refused, each by its path', () => {
    put('Jose\u0301', 'main.py')
    put('Jos\u00e9', 'main.py')
    const found = find()
    expect(new Set(found.map(({ id }) => id)).size).toBe(2)
    for (const { refused } of found) {
      expect(refused).toBe(
        '`Jos\u00e9` looks the same as another name, `Jos\u00e9`: only the Unicode form of a letter differs',
      )
    }
  })

  test('a name in the Unicode form of macOS gets the form of rosters, and `--only` takes both', () => {
    put('Jose\u0301', 'main.py')
    const found = find()
    expect(found).toMatchObject([{ id: 'Jos\u00e9', people: [{ id: 'Jos\u00e9' }] }])
    for (const only of ['Jos\u00e9', 'Jose\u0301', 'Jose\u0301*']) {
      expect(selectSubmissions(found, only)).toHaveLength(1)
    }
  })
})

describe('a submission that is a folder is refused', () => {
  const refusal = () => {
    try {
      checkFolder(folder)
      return 'accepted'
    } catch (error) {
      return (error as Error).message
    }
  }

  test('for a link that leads out, but not for another link', () => {
    put('src', 'main.py')
    symlinkSync('main.py', join(folder, 'src/other.py'))
    expect(refusal()).toBe('accepted')
    symlinkSync('../../secret', join(folder, 'src/secret.py'))
    expect(refusal()).toBe('`src/secret.py` is a link out of the submission, to `../../secret`')
  })

  test('for a device', () => {
    execFileSync('mkfifo', [join(folder, 'pipe.py')])
    expect(refusal()).toBe('`pipe.py` is a device, a FIFO or a socket')
  })

  test('for a name that is not UTF-8', () => {
    writeFileSync(notUtf8(), 'x')
    expect(refusal()).toBe('`b\ufffd` has a name that is not UTF-8')
  })

  test('for names that differ only in case, but not for files of version control', () => {
    put('.git', 'HEAD')
    put('.git', 'head')
    symlinkSync('/etc', join(folder, '.git/etc'))
    put('a.py')
    expect(refusal()).toBe('accepted')
    put('A.py')
    expect(refusal()).toMatch(/^`[aA]\.py` differs from `[aA]\.py` only in case: /)
  })

  test('for a path that is too long to read', () => {
    let path = folder
    for (let depth = 0; depth < 30; depth++) path = join(path, 'x'.repeat(100))
    mkdirSync(path, { recursive: true })
    expect(refusal()).toMatch(
      /x…` is longer than 1024 bytes, or one of its names is longer than 255$/,
    )
  })
})
