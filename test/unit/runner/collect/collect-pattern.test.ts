import { describe, expect, test } from 'vitest'
import { namingEntry, parseCollectName } from '../../../../src/runner/collect/collect-pattern.ts'
import { normalizeOptions } from '../../../../src/runner/options/normalize.ts'

const names = (pattern: string, path: string) => namingEntry([pattern], '/work', path) === pattern

describe('a pattern of collect names', () => {
  test.each([
    ['*', 'a', true],
    ['*', '.hidden', true],
    ['*', 'a/b', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['?', 'é', true],
    ['?', '😀', true],
    ['?', '', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[]]', ']', true],
    ['[-a]', '-', true],
    ['[a', '[a', true],
    ['\\*{a,b}', '*b', true],
    ['\\*{a,b}', 'xb', false],
    ['{a,b{c,d}}.txt', 'bd.txt', true],
    ['{a/b,c}/*', 'a/b/x', true],
    ['{a}', '{a}', true],
    ['{a,b', '{a,b', true],
    ['{,x}y*', 'y', true],
    ['**', 'a/b/c', true],
    ['**/c', 'c', true],
    ['a/**/**/c', 'a/b/b/c', true],
    ['a/**/c', 'a/c', true],
    ['a/**/c', 'b/c', false],
    ['a**c', 'abbc', true],
    ['a/', 'a/b/c', true],
    ['a/', 'ab', false],
    ['a*/', 'ab/c', true],
    ['a*/', 'ab', false],
    ['./a/./*', '/work/a/x', true],
    ['../tmp/*', '/tmp/x', true],
    ['/*', '/x', true],
    ['/', '/work/x', true],
  ])('%j and %j: %j', (pattern, path, expected) => {
    expect(names(pattern, path)).toBe(expected)
  })

  test('starts at the directory before its first special character', () => {
    const base = (name: string) => parseCollectName(name).base
    expect(['out/a/*', '*', '/*', '/tmp/x?', 'out/', '/', './{a,b}'].map(base)).toEqual([
      'out/a',
      '',
      '/',
      '/tmp',
      'out',
      '/',
      '.',
    ])
  })

  test('takes no longer than the name times the pattern', () => {
    const pattern = parseCollectName(`${'*a'.repeat(100)}b`)
    expect(pattern.start?.matches).toBe(false)
    // A regular expression with a hundred stars would not end.
    expect(names(`${'*a'.repeat(100)}b`, 'a'.repeat(255))).toBe(false)
    expect(names(`${'**/*a/'.repeat(30)}b`, `${'a/'.repeat(200)}c`)).toBe(false)
  })
})

test.each([
  ['a/*/../b', 'a pattern without ".." after its first special character'],
  ['{a,b}'.repeat(9), 'a pattern whose braces make at most 256 patterns'],
])('%j is refused', (pattern, expected) => {
  expect(() => normalizeOptions('true', [], { collect: ['x', pattern] }, {})).toThrow(
    `Expected \`collect[1]\` to be ${expected}, got \`'${pattern}'\` (string)`,
  )
})

test('may stand beside ninety-nine other entries', () => {
  const collect = ['*', ...Array.from({ length: 99 }, (_, index) => `f${index}`)]
  expect(normalizeOptions('true', [], { collect }, {}).collect).toEqual(collect)
  expect(() => normalizeOptions('true', [], { collect: [...collect, 'x'] }, {})).toThrow(
    'Expected `collect` to be at most 100 entries where one of them is a pattern, got `101` (number)',
  )
})
