import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SandboxError, sandboxErrorCodes } from '../../../src/errors/sandbox-error.ts'

const page = readFileSync('docs/errors.md', 'utf8')
const sections = page.split(/^## /m).slice(1)
const names = sections.map((section) => section.split('\n', 1)[0] ?? '')

test('docs/errors.md has a section for every code and no other section', () => {
  expect(names).toEqual([...sandboxErrorCodes])
})

describe.each(names)('the section %s', (name) => {
  const section = sections.find((each) => each.startsWith(`${name}\n`)) ?? ''

  test('states cause and fix', () => {
    expect(section).toMatch(/^- \*\*Cause\*\*: .+/m)
    expect(section).toMatch(/^- \*\*Fix\*\*: .+/m)
  })
})

// GitHub makes an anchor of a heading in this way.
const anchors = names.map((name) => name.toLowerCase().replace(/[^\w\- ]/g, ''))

test.each(sandboxErrorCodes)('the text of a %s error ends with its anchor', (code) => {
  const plain = new SandboxError('It failed', { code })
  const hinted = new SandboxError('It failed', { code, hint: 'Change it.' })
  expect(plain.message).toBe(`It failed\n  see: docs/errors.md#${code.toLowerCase()}`)
  expect(hinted.message).toBe(
    `It failed\n  hint: Change it.\n  see: docs/errors.md#${code.toLowerCase()}`,
  )
  expect(anchors).toContain(plain.message.split('#').at(-1))
})

test('the code throws each error somewhere', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('sandbox-error.ts'))
    .map((path) => readFileSync(join('src', path), 'utf8'))
    .join('\n')
  const unused = sandboxErrorCodes.filter((code) => !sources.includes(`'${code}'`))
  expect(unused).toEqual([])
})
