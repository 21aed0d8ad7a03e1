import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  globsOf,
  isSearched,
  namedSubmissions,
  submissionOf,
  submissionPaths,
} from '../../../../src/grading/submissions/test-search.ts'

describe('the code of a test file names submissions', () => {
  test.each<[string, string, readonly string[]]>([
    ['an option', "assignment({ name: 'A', submissions: 'handins' })", ['/course/handins']],
    ['double quotes', 'assignment({ "submissions": "handins" })', ['/course/handins']],
    ['a template without a value', 'submissions: `handins`', ['/course/handins']],
    ['several paths', "submissions: [\n  'a',\n  '../b',\n]", ['/course/a', '/b']],
    ['a glob', "submissions: 'handins/*.zip'", ['/course/handins/*.zip']],
    ['a variable', "const submissions = '/data/handins'", ['/data/handins']],
    ['a call', "submissions: join(import.meta.dirname, 'handins')", ['/course/handins']],
    ['a default', "submissions: process.env.X ?? 'handins'", ['/course/handins']],
    ['two assignments', "submissions: 'a'\nsubmissions: 'b'", ['/course/a', '/course/b']],
    ['a type', 'submissions: string', []],
    ['another word', "oldsubmissions: 'a', submissionsOf: 'b'", []],
    ['the folder of the test file', "submissions: '.'", []],
    ['a folder above the test file', "submissions: '..'", []],
  ])('as %s', (_, code, paths) => {
    expect(namedSubmissions(code, '/course')).toEqual(paths)
  })

  test('at most 100 times, in time that grows with the length of the code', () => {
    const shapes = ['submissions: [', "submissions: '", 'submissions = `', "submissions: 'a'\n"]
    for (const shape of shapes) {
      const paths = namedSubmissions(shape.repeat(60_000), '/course')
      expect(paths.length).toBeLessThanOrEqual(100)
    }
  })
})

describe('submissions are known before a test runs', () => {
  const project = (files: Readonly<Record<string, string>>) => {
    const root = mkdtempSync(join(tmpdir(), 'gradebox-search-'))
    onTestFinished(() => rmSync(root, { recursive: true }))
    for (const [path, contents] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), contents)
    }
    return { root, tests: Object.keys(files).map((path) => join(root, path)) }
  }

  test('without any test file: the usual folder, and that of the environment', () => {
    vi.stubEnv('GRADEBOX_SUBMISSIONS', '/data/handins')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(submissionPaths('/c', [], ['/c/more', '/'])).toEqual([
      '/c/submissions',
      '/data/handins',
      '/c/more',
    ])
  })

  test('from the code of test files, but not from a file in submissions', () => {
    const { root, tests } = project({
      'handins/eve/a.test.js': "submissions: '../../teacher'",
      'teacher/sum.test.js': "submissions: '../handins'",
      'sum.test.js': "submissions: 'handins'",
    })
    expect(submissionPaths(root, tests)).toEqual(
      ['submissions', 'handins'].map((name) => join(root, name)),
    )
  })

  test('in spite of a FIFO, a device and a huge file in the place of a test file', () => {
    const { root, tests } = project({ 'huge.test.js': "submissions: 'huge'\n".padEnd(2 << 20) })
    execFileSync('mkfifo', [join(root, 'fifo.test.js')])
    symlinkSync('/dev/zero', join(root, 'zero.test.js'))
    const more = ['fifo', 'zero', 'gone'].map((name) => join(root, `${name}.test.js`))
    expect(submissionPaths(root, [...tests, ...more])).toEqual([join(root, 'submissions')])
  })
})

test('a file belongs to the submissions of its folder or glob', () => {
  const find = submissionOf(['/c/handins', '/c/week-*'])
  expect(find('/c/handins/eve/a.test.js')).toBe('/c/handins')
  expect(find('/c/week-2/eve/a.test.js')).toBe('/c/week-*')
  expect(find('/c/handins2/a.test.js')).toBeUndefined()
})

test('the globs of submissions match a folder whose name has the characters of a glob', () => {
  const root = mkdtempSync(join(tmpdir(), 'gradebox-search-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'week [1]'))
  const include = ['**/*.test.js']
  const before = { folder: root, include, exclude: [] }
  expect(isSearched(join(root, 'week [1]'), before)).toBe(true)
  const exclude = globsOf([join(root, 'week [1]'), join(root, 'later/*'), '/elsewhere'], root)
  expect(isSearched(join(root, 'week [1]'), { ...before, exclude })).toBe(false)
  expect(isSearched(join(root, 'later/ada'), { ...before, exclude })).toBe(false)
  expect(isSearched(join(root, 'late/ada'), { ...before, exclude })).toBe(true)
})

describe('a test runner looks for test files in a folder', () => {
  const usual = '**/*.{test,spec}.?(c|m)[jt]s?(x)'
  test.each<[string, string, readonly string[], readonly string[], boolean]>([
    ['everywhere', '/c/handins', [usual], ['**/node_modules/**'], true],
    ['nowhere, when it is excluded', '/c/handins', [usual], ['handins/**'], false],
    ['also below an excluded subfolder', '/c/handins', [usual], ['handins/ada/**'], true],
    ['outside of its directory', '/d/handins', [usual], [], false],
    ['with a glob of another folder', '/c/handins', ['tests/**/*.test.ts'], [], false],
    ['with a glob of the same folder', '/c/tests/ada', ['tests/**/*.test.ts'], [], true],
    ['with a glob of one level', '/c/handins', ['*.test.ts'], [], false],
    ['with a glob of two levels', '/c/handins', ['*/*.test.ts'], [], true],
    ['with a glob of two levels, one deeper', '/c/handins/ada', ['*/*.test.ts'], [], false],
    ['with a brace around a separator', '/c/handins', ['{a/b,handins/ada}/*.ts'], [], true],
    ['that contains its directory', '/', [usual], [], false],
  ])('%s', (_, path, include, exclude, expected) => {
    expect(isSearched(path, { folder: '/c', include, exclude })).toBe(expected)
  })

  test('for a submission that is a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradebox-search-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const name of ['sum.js', 'sum.test.js']) writeFileSync(join(folder, name), '')
    const search = { folder, include: [usual], exclude: [] }
    expect(isSearched(join(folder, 'sum.js'), search)).toBe(false)
    expect(isSearched(join(folder, 'sum.test.js'), search)).toBe(true)
  })
})
