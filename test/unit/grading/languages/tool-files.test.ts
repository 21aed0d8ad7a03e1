import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Language } from '../../../../src/grading/languages/language.ts'
import { toolFiles } from '../../../../src/grading/languages/tool-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradebox-tools-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a compiler whose file changes counts as another compiler, even with the same version or behind another program', () => {
  const first = join(folder, 'first')
  const second = join(folder, 'second')
  for (const each of [first, second]) mkdirSync(each)
  const language = {
    version: ['compiler', '--version'],
    tools: ['linker', 'missing'],
    policy: { extends: 'strict', env: { PATH: `${first}:${second}` } },
  } as unknown as Language
  writeFileSync(join(second, 'compiler'), 'one')
  const seen = new Set<string>()
  const isNew = () => {
    const text = JSON.stringify(toolFiles(language))
    return seen.has(text) ? false : Boolean(seen.add(text))
  }
  expect([isNew(), isNew()]).toEqual([true, false])
  utimesSync(join(second, 'compiler'), 1, 1)
  expect([isNew(), isNew()]).toEqual([true, false])
  writeFileSync(join(second, 'linker'), 'one')
  expect([isNew(), isNew()]).toEqual([true, false])
  writeFileSync(join(first, 'compiler'), 'a wrapper')
  expect([isNew(), isNew()]).toEqual([true, false])
})
