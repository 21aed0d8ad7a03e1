import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

test('every test that docs/security.md names is there, and every hostile one is named', () => {
  const text = readFileSync(resolve(root, 'docs/security.md'), 'utf8')
  const named = new Set(text.match(/test\/[\w/.-]+/g))
  const hostile = readdirSync(resolve(root, 'test/hostile')).map((name) => `test/hostile/${name}`)
  expect(hostile.filter((path) => !named.has(path))).toEqual([])
  expect([...named].filter((path) => !existsSync(resolve(root, path)))).toEqual([])
})
