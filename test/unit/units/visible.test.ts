import { parse, stringify } from 'smol-toml'
import { expect, test } from 'vitest'
import { cutMiddle, excerpt } from '../../../src/units/cut.ts'
import { firstInvalidByte } from '../../../src/units/utf8.ts'
import {
  printableJson,
  printableToml,
  quoted,
  visible,
  visibleLine,
} from '../../../src/units/visible.ts'

test.each([
  ['\u001b[2J', '\\e[2J'],
  ['\u001b]0;title\u0007', '\\e]0;title\\x07'],
  ['\u009b31m\u0085', '\\x9b31m\\x85'],
  ['\0\r\u007f', '\\0\\r\\x7f'],
  ['\u202e\u2066\u200f\u061c', '\\u202e\\u2066\\u200f\\u061c'],
  ['\u2028\u2029\ufeff', '\\u2028\\u2029\\ufeff'],
  ['\u{e0041}\ud800', '\\u{e0041}\\ud800'],
  ['\ufffe\ufdd0\u{1ffff}', '\\ufffe\\ufdd0\\u{1ffff}'],
  ['\t\né😀', '\t\né😀'],
])('%j is printed as %s', (text, shown) => {
  expect(visible(text)).toBe(shown)
})

test('JSON that is printed has escapes for unsafe characters, and the same value', () => {
  const value = { 'a\u009b2J': ['\u001b\u007f\u202e\ufffe\u{e0041}\ud800', 'é😀\n'] }
  const text = printableJson(value)
  expect(text).toBe('{"a\\u009b2J":["\\u001b\\u007f\\u202e\\ufffe\\udb40\\udc41\\ud800","é😀\\n"]}')
  expect(JSON.parse(text)).toEqual(value)
  expect(JSON.parse(printableJson(value, 2))).toEqual(value)
})

test('a text for one line has no line break', () => {
  expect(visibleLine('a\n  hint: b\tc')).toBe('a\\n  hint: b\\tc')
  expect(quoted('a\n\u202e"')).toBe('"a\\n\\u202e\\""')
  expect(quoted(undefined)).toBe('undefined')
})

test('a cut leaves no half of a surrogate pair', () => {
  expect(cutMiddle('😀'.repeat(5), 5)).toBe('😀… (10 characters) …😀')
  expect(cutMiddle('abc', 3)).toBe('abc')
})

test('an excerpt has the lines around the important line, and counts the lines that follow', () => {
  const text = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join('')
  expect(excerpt(text, 20)).toMatchObject({ firstLine: 17, moreLines: 12 })
  expect(excerpt(text, 20).lines).toHaveLength(12)
  expect(excerpt('a\nb', 2)).toEqual({ firstLine: 1, lines: ['a', 'b'], moreLines: 0 })
  expect(excerpt('')).toEqual({ firstLine: 1, lines: [], moreLines: 0 })
})

test.each([
  [[0x61, 0xff], { byte: 0xff, offset: 1, line: 1 }],
  [[0x0a, 0xc3], { byte: 0xc3, offset: 1, line: 2 }],
  [[0xc3, 0xa9, 0xc0, 0x80], { byte: 0xc0, offset: 2, line: 1 }],
  [[0xed, 0xa0, 0x80], { byte: 0xed, offset: 0, line: 1 }],
  [[0xf0, 0x8f, 0xbf, 0xbf], { byte: 0xf0, offset: 0, line: 1 }],
  [[0xf4, 0x90, 0x80, 0x80], { byte: 0xf4, offset: 0, line: 1 }],
  [[0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], undefined],
])('the position of the first byte of %j that is not UTF-8', (bytes, found) => {
  expect(firstInvalidByte(Uint8Array.from(bytes))).toEqual(found)
})

test('TOML has escapes for the characters that are not printed, and keeps its values', () => {
  const value = { a: '\u001b[2J\u009b\u202e\u2028\u{e0041}"\\ü', 'key\u2066': ['x\u0085'] }
  const text = printableToml(stringify(value))
  expect(visible(text)).toBe(text)
  expect(parse(text)).toEqual(value)
  expect(printableToml('a = "\ud800"')).toBe('a = "\\ufffd"')
})
