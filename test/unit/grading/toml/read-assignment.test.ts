import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readAssignment } from '../../../../src/grading/toml/read-assignment.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradebox-toml-'))
  path = join(folder, 'assignment.toml')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The problems of a file, each with its line and column. */
function problemsOf(contents: string | Uint8Array): string[] {
  writeFileSync(path, contents)
  try {
    readAssignment(path)
    return []
  } catch (error) {
    const lines = (error as Error).message.replace('Invalid assignment ', '').split('\n')
    return lines
      .map((line) => line.trim())
      .filter((line) => line.startsWith(path))
      .map((line) => line.slice(path.length + 1).trim())
  }
}

const TEST = 'name = "A"\n[[tests]]\nname = "x"\n'

test.each([
  ['naem = "A"', ['1:1: name: is missing', '1:1: unknown key "naem"; did you mean "name"?']],
  [`${TEST}point = 3`, ['4:1: tests[0]: unknown key "point"; did you mean "points"?']],
  [`${TEST}points = "3"`, ['4:10: tests[0].points: expected a number from 0 to 1000000, got "3"']],
  [
    `${TEST}points = 0.1234567`,
    ['4:10: tests[0].points: expected at most 6 digits after the point, got 0.1234567'],
  ],
  [
    `${TEST}exitCode = 256`,
    ['4:12: tests[0].exitCode: expected a whole number from 0 to 255, got 256'],
  ],
  [`${TEST}retry = 1.5`, ['4:9: tests[0].retry: expected a whole number from 0 to 1000, got 1.5']],
  [
    `${TEST}args = ["\\u0000"]`,
    ['4:9: tests[0].args[0]: expected text without NUL bytes, got "\\u0000"'],
  ],
  [
    'name = "A"\n[limits]\ncpu = "1s"\nmemroy = "1MiB"\n[[tests]]\nname = "x"',
    ['4:1: limits: unknown limit "memroy"; did you mean "memory"?'],
  ],
  [
    `languages = ["pyton"]\n${TEST}`,
    ['1:14: languages[0]: unknown language "pyton"; did you mean "python"?'],
  ],
  [
    `languages.pyton = true\n${TEST}`,
    ['1:11: languages: unknown language "pyton"; did you mean "python"?'],
  ],
  [`languages.c = false\n${TEST}`, ['1:15: languages.c: expected true or a table, got false']],
  [
    `languages.c.flag = ["-O2"]\n${TEST}`,
    ['1:13: languages.c: unknown key "flag"; did you mean "flags"?'],
  ],
  [
    `languages.python.flags = ["-O"]\n${TEST}`,
    ['1:26: languages.python.flags: python has no compiler to give flags to'],
  ],
  [`submissions = []\n${TEST}`, ['1:15: submissions: expected at least one path']],
  [`${TEST}group = "hard"`, ['4:9: tests[0].group: there is no [[groups]] named "hard"']],
  [
    `${TEST}group = "hiden"\n[[groups]]\nname = "hidden"`,
    ['4:9: tests[0].group: unknown group "hiden"; did you mean "hidden"?'],
  ],
  [
    `${TEST}[[groups]]\nname = "h"\n[[groups]]\nname = "h"\n[[groups]]\nname = "sum"`,
    [
      '7:8: groups[1].name: there is another group named "h"',
      '9:8: groups[2].name: "sum" is a mode, and cannot be a name',
    ],
  ],
  [
    `${TEST}stdout = "1"\ncompare = { mode = "lines", float = 0.1 }`,
    ['5:29: tests[0].compare: "float" needs mode "tokens"'],
  ],
  [
    `${TEST}stdout = "1"\ncompare = { flaot = 0.1 }`,
    ['5:13: tests[0].compare: unknown key "flaot"; did you mean "float"?'],
  ],
  [`${TEST}compare = "exact"`, ['4:11: tests[0].compare: there is no stdout to compare with']],
  ['name = "A', ['1:10: control characters are not allowed in strings']],
])('a mistake has its line and column: %j', (text, problems) => {
  expect(problemsOf(`${text}\n`)).toEqual(problems)
})

test('a folder without cases and an unknown group of cases have their line and column', () => {
  expect(problemsOf('name = "A"\n[[cases]]\npath = "cases"\ngroup = "hid"\n')).toEqual([
    `3:8: cases[0].path: there is no case in ${folder}/cases: a case is NAME.in with NAME.ans`,
    '4:9: cases[0].group: unknown group "hid"; expected sum, all or min',
  ])
})

test.each([
  ['with a byte order mark', `\ufeff${TEST}`],
  ['with CRLF', TEST.replaceAll('\n', '\r\n')],
])('a file %s is read', (_, text) => {
  writeFileSync(path, text)
  expect(readAssignment(path)).toEqual({ name: 'A', tests: [{ name: 'x' }] })
})

test.each([
  ['UTF-16', Buffer.from(`\ufeff${TEST}`, 'utf16le')],
  ['another encoding', Buffer.from('name = "J\u00f6rg"', 'latin1')],
])('a file in %s is refused', (found, bytes) => {
  expect(problemsOf(bytes)).toEqual([`cannot be read: expected text in UTF-8, got ${found}`])
})

test('a FIFO in place of the file does not block', () => {
  execFileSync('mkfifo', [path])
  expect(() => readAssignment(path)).toThrow(`${path} cannot be read: it is not a regular file`)
})
