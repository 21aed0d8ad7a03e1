import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const source = resolve(import.meta.dirname, '../../../src')

/** The folders of src/ from the top down: an import may only lead to a folder below. */
const order = [
  'index.ts',
  'cli',
  'environment',
  'grading',
  'matchers',
  'print',
  'doctor',
  'learn',
  'runner',
  'feedback',
  'policy',
  'limits',
  'seccomp',
  'launcher',
  'ffi',
  'linux',
  'errors',
  'units',
  'work.ts',
  'globals.ts',
]

interface Import {
  readonly from: string
  readonly to: string
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.ts'),
)

const imports: readonly Import[] = files.flatMap((from) => {
  const text = readFileSync(join(source, from), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g)].map(([, path = '']) => ({
    from,
    to: relative(source, resolve(source, dirname(from), path)),
  }))
})

const folderOf = (path: string): string => path.split('/')[0] ?? path

test('every folder has its place in the order', () => {
  expect([...new Set(files.map(folderOf))].sort()).toEqual([...order].sort())
})

test('no import leads upward', () => {
  const upward = imports.filter(({ from, to }) => {
    const [own, other] = [order.indexOf(folderOf(from)), order.indexOf(folderOf(to))]
    return own !== other && other < own
  })
  expect(upward).toEqual([])
})

test('only ffi/ imports koffi', () => {
  const others = files.filter(
    (path) =>
      !path.startsWith('ffi/') &&
      /from 'koffi'|require\('koffi'\)/.test(readFileSync(join(source, path), 'utf8')),
  )
  expect(others).toEqual([])
})

test('no folder has one file', () => {
  const folders = new Map<string, number>()
  for (const path of files) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      folders.set(folder, (folders.get(folder) ?? 0) + 1)
    }
  }
  expect([...folders].filter(([, count]) => count === 1).map(([folder]) => folder)).toEqual([])
})

test('no imports form a circle', () => {
  const targets = new Map<string, string[]>()
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to])
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (path.includes(file) || done.has(file)) return
    for (const target of targets.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test('two files have one name only if they are the same thing for Vitest and for Jest, or re-export', () => {
  const shared = ['environment.ts', 'index.ts', 'jest.ts', 'vitest.ts']
  const names = files.map((path) => basename(path))
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  expect([...repeated].sort()).toEqual(shared)
})
