import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const src = resolve(import.meta.dirname, '../../../src')

/** Exports that only tests use, by the reason. Each is a pure function or a list, and its caller only adds the machine. */
const FOR_TESTS: Readonly<Record<string, readonly string[]>> = {
  'its input is a file of the kernel that differs between machines': [
    'firstProcessors',
    'idSpace',
    'idleStat',
    'judgeKernel',
    'namespaceHint',
    'ownV1Group',
    'parseCpuList',
    'parseHardLimits',
    'parseTicks',
    'supportedArch',
  ],
  'its caller starts a sandbox, and the test asserts a plan, a message or a rule': [
    'endUserSteps',
    'fileMode',
    'listOf',
    'ruleFor',
    'stepError',
  ],
  'its caller is a test runner, or has the effects that the test leaves out': [
    'activeRuns',
    'fileLine',
    'finishReport',
    'javaMainClass',
    'namedSubmissions',
  ],
  'a type derives from it, or a test compares the documentation with it': [
    'programProblems',
    'sandboxErrorCodes',
  ],
}

type Source = { readonly text: string }

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.c?[jt]s$/.test(path))
  .map((path) => ({ text: readFileSync(join(src, path), 'utf8') }))

const EXPORT = /^export (?:async )?(?:function\*?|const|class) (\w+)/gm

/** The functions, values and classes that a file exports, and that no other file names. */
function exportsWithoutUse(all: readonly Source[]): string[] {
  const naming = new Map<string, number>()
  for (const { text } of all) {
    for (const word of new Set(text.match(/\w+/g))) naming.set(word, (naming.get(word) ?? 0) + 1)
  }
  return all.flatMap(({ text }) =>
    [...text.matchAll(EXPORT)].flatMap(([, name = '']) => (naming.get(name) === 1 ? name : [])),
  )
}

// Test runners load these exports by their names.
const ENTRIES = ['TestEnvironment']

test('only the listed exports are there for tests alone', () => {
  const listed = [...Object.values(FOR_TESTS).flat(), ...ENTRIES]
  expect(exportsWithoutUse(sources).toSorted()).toEqual(listed.toSorted())
})

test('the search finds an export that no other file uses', () => {
  const files = [
    { text: 'export const used = 1\nexport function alone() {}\n' },
    { text: "import { used } from './a.ts'\n" },
  ]
  expect(exportsWithoutUse(files)).toEqual(['alone'])
})
