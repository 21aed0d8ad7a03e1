import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { fingerprint, folderFingerprint } from '../../../../src/grading/cache/fingerprint.ts'

describe('the fingerprint of values', () => {
  test.each<[string, unknown, unknown]>([
    ['keys in another order', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    ['equal functions', (x: number) => x + 1, (x: number) => x + 1],
    ['equal patterns', /a/g, /a/g],
    ['equal bytes', Buffer.from('a'), new Uint8Array([97])],
    ['a key without a value', { a: 1, b: undefined }, { a: 1 }],
  ])('is the same for %s', (_, one, other) => {
    expect(fingerprint(one)).toBe(fingerprint(other))
  })

  test.each<[string, unknown, unknown]>([
    ['a number and its text', 1, '1'],
    ['lists in another order', [1, 2], [2, 1]],
    ['functions that differ', () => 1, () => 2],
    ['patterns with other flags', /a/g, /a/i],
    ['bytes that differ', Buffer.from('a'), Buffer.from('b')],
    ['an integer and a number', 1n, 1],
    ['maps that differ', new Map([['a', 1]]), new Map([['a', 2]])],
    ['sets that differ', new Set([1]), new Set([2])],
    ['nothing and null in a list', [undefined], ['undefined']],
    ['a function and its text', parseInt, String(parseInt)],
    ['nothing and null', undefined, null],
    ['not a number and null', Number.NaN, null],
    ['no limit and null', Number.POSITIVE_INFINITY, null],
    ['dates that differ', new Date(0), new Date(1)],
  ])('differs for %s', (_, one, other) => {
    expect(fingerprint(one)).not.toBe(fingerprint(other))
    expect(fingerprint({ key: one })).not.toBe(fingerprint({ key: other }))
  })

  test('depends on where one value ends and the next begins', () => {
    expect(fingerprint('a', 'b')).not.toBe(fingerprint('a\nb'))
    expect(fingerprint(['a', 'b'])).not.toBe(fingerprint(['a'], 'b'))
  })
})

describe('the fingerprint of a folder', () => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })

  function folder(files: Readonly<Record<string, string>>): string {
    const root = mkdtempSync(join(tmpdir(), 'gradebox-fingerprint-'))
    folders.push(root)
    for (const [path, contents] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), contents)
    }
    return root
  }
  const all = () => false

  test('changes with a file’s contents, its name, and files below', () => {
    const root = folder({ 'a.txt': '1', 'b/c.txt': '2' })
    const seen = new Set([folderFingerprint(root, all)])
    for (const [path, contents] of [
      ['a.txt', '3'],
      ['b/c.txt', '4'],
      ['b/d.txt', ''],
    ] as const) {
      writeFileSync(join(root, path), contents)
      seen.add(folderFingerprint(root, all))
    }
    expect(seen.size).toBe(4)
  })

  test('changes when contents move from one file to another', () => {
    const root = folder({ a: '12', b: '' })
    const before = folderFingerprint(root, all)
    writeFileSync(join(root, 'a'), '1')
    writeFileSync(join(root, 'b'), '2')
    expect(folderFingerprint(root, all)).not.toBe(before)
  })

  test('does not read ignored files, modules, and hidden files', () => {
    const root = folder({ 'a.txt': '1' })
    const without = (path: string) => path === join(root, 'submissions')
    const before = folderFingerprint(root, without)
    for (const name of ['submissions', 'node_modules', '.git']) {
      mkdirSync(join(root, name))
      writeFileSync(join(root, name, 'x'), 'x')
    }
    expect(folderFingerprint(root, without)).toBe(before)
  })

  test('is undefined for more than 64 MiB', () => {
    const root = folder({ large: '' })
    truncateSync(join(root, 'large'), 2 ** 26)
    expect(folderFingerprint(root, all)).toBeDefined()
    truncateSync(join(root, 'large'), 2 ** 26 + 1)
    expect(folderFingerprint(root, all)).toBeUndefined()
  })

  test('does not follow a link to itself', () => {
    const root = folder({ a: '1' })
    symlinkSync('.', join(root, 'loop'))
    expect(folderFingerprint(root, all)).toMatch(/^[0-9a-f]{64}$/)
  })
})
