import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documentGroups } from '../../../src/seccomp/rules/group-table.ts'

const path = new URL('../../../docs/seccomp.md', import.meta.url)

test('docs/seccomp.md has every group as it is: to update it, run npm run seccomp-docs', () => {
  const text = readFileSync(path, 'utf8')
  expect(documentGroups(text)).toBe(text)
})

test('a text without a place for groups is refused', () => {
  expect(() => documentGroups('# Title')).toThrowErrorMatchingInlineSnapshot(
    `[Error: The text has no place for groups: <!-- groups: npm run seccomp-docs -->]`,
  )
})
