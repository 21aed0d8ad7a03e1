import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documentGroups } from '../../../scripts/group-table.mjs'
import { syscallNumber } from '../../../src/linux/syscalls.ts'
import { syscallGroups } from '../../../src/seccomp/rules/groups.ts'

const path = new URL('../../../docs/seccomp.md', import.meta.url)

test('docs/seccomp.md has every group as it is: to update it, run npm run seccomp-docs', () => {
  const text = readFileSync(path, 'utf8')
  expect(documentGroups(text, { syscallGroups, syscallNumber })).toBe(text)
})

test('a text without a place for groups is refused', () => {
  expect(() =>
    documentGroups('# Title', { syscallGroups, syscallNumber }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[Error: The text has no place for groups: <!-- groups: npm run seccomp-docs -->]`,
  )
})
