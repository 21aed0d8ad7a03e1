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

test('no folder has only one file', () => {
  const folders = new Map<string, number>()
  for (const path of files) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      folders.set(folder, (folders.get(folder) ?? 0) + 1)
    }
  }
  expect([...folders].filter(([, count]) => count === 1).map(([folder]) => folder)).toEqual([])
})

/** The circles of a graph; each as the path that leads back to its start. */
function circlesOf(edges: readonly Import[]): string[] {
  const targets = new Map<string, Set<string>>()
  for (const { from, to } of edges) targets.set(from, (targets.get(from) ?? new Set()).add(to))
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (node: string, path: readonly string[]): void => {
    if (path.includes(node)) circles.push([...path.slice(path.indexOf(node)), node].join(' -> '))
    if (path.includes(node) || done.has(node)) return
    for (const target of targets.get(node) ?? []) visit(target, [...path, node])
    done.add(node)
  }
  for (const node of targets.keys()) visit(node, [])
  return circles
}

test('no imports form a circle', () => {
  expect(circlesOf(imports)).toEqual([])
})

// A folder's neighbours are the other folders and files of the same parent. Two folders that import each other
// cannot be read one after the other, even if no two files do.
test('no folders form a circle with their neighbours', () => {
  const byParent = new Map<string, Import[]>()
  for (const { from, to } of imports) {
    const [own, other] = [from.split('/'), to.split('/')]
    const shared = own.findIndex((part, index) => part !== other[index])
    const parent = own.slice(0, shared).join('/') || 'src'
    const edge = { from: own[shared] ?? '', to: other[shared] ?? '' }
    byParent.set(parent, [...(byParent.get(parent) ?? []), edge])
  }
  const circles = [...byParent].flatMap(([parent, edges]) =>
    circlesOf(edges).map((circle) => `${parent}: ${circle}`),
  )
  expect(circles).toEqual([])
})

test('two files share a name only if they are the same thing for Vitest and for Jest, or re-export', () => {
  const shared = ['environment.ts', 'index.ts', 'jest.ts', 'vitest.ts']
  const names = files.map((path) => basename(path))
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  expect([...repeated].sort()).toEqual(shared)
})
