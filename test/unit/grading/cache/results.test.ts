import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cacheDirectory } from '../../../../src/grading/cache/cache-directory.ts'
import { keepOutcome, keptOutcome } from '../../../../src/grading/cache/results.ts'
import { keepBuild, keptBuild } from '../../../../src/grading/languages/build-cache.ts'
import type { TestOutcome } from '../../../../src/grading/report/test-outcome.ts'
import type { SandboxResult } from '../../../../src/runner/result.ts'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gradebox-results-')))
})
afterEach(() => rmSync(folder, { recursive: true }))

const outcome: TestOutcome = {
  status: 'passed',
  earned: 1,
  studentMessage: '',
  staffMessage: '',
  durationMs: 1,
  runs: [],
  attempts: [],
}
const key = 'ab'.repeat(32)

describe('a kept result', () => {
  test('comes back as it was, and leaves no other file', () => {
    keepOutcome(folder, key, outcome)
    expect(keptOutcome(folder, key)).toEqual(outcome)
    expect(readdirSync(join(folder, 'results/ab'))).toEqual([`${key}.json`])
  })

  test('is not kept for an error', () => {
    keepOutcome(folder, key, { ...outcome, status: 'error' })
    expect(keptOutcome(folder, key)).toBeUndefined()
  })

  const path = () => join(folder, 'results/ab', `${key}.json`)
  test.each<[string, () => void]>([
    ['was cut', () => writeFileSync(path(), readFileSync(path()).subarray(0, -9))],
    ['is empty', () => writeFileSync(path(), '')],
    ['is other JSON', () => writeFileSync(path(), 'null')],
    [
      'has other points',
      () => writeFileSync(path(), readFileSync(path(), 'utf8').replace('"earned":1', '"earned":9')),
    ],
    [
      'is that of another test',
      () => {
        const other = 'cd'.repeat(32)
        keepOutcome(folder, other, { ...outcome, earned: 9 })
        writeFileSync(path(), readFileSync(join(folder, 'results/cd', `${other}.json`)))
      },
    ],
    [
      'is a folder',
      () => {
        rmSync(path())
        mkdirSync(path())
      },
    ],
  ])('counts for nothing when its file %s', (_, damage) => {
    keepOutcome(folder, key, outcome)
    damage()
    expect(keptOutcome(folder, key)).toBeUndefined()
  })
})

describe('a kept program', () => {
  const keep = () => {
    mkdirSync(join(folder, 'made/lib'), { recursive: true })
    writeFileSync(join(folder, 'made/program'), 'code', { mode: 0o755 })
    writeFileSync(join(folder, 'made/lib/a'), 'data')
    const directory = join(folder, 'made')
    keepBuild(folder, key, { directory, built: [], run: {} as SandboxResult })
  }
  const place = () => join(folder, 'builds', key, 'program')

  test('comes back from a directory of its own', () => {
    keep()
    expect(keptBuild(folder, key)?.directory).toBe(place())
    expect(readFileSync(join(place(), 'lib/a'), 'utf8')).toBe('data')
  })

  test.each<[string, () => void]>([
    ['a file is cut', () => writeFileSync(join(place(), 'program'), 'co')],
    ['a file is missing', () => rmSync(join(place(), 'lib/a'))],
    ['a file is new', () => writeFileSync(join(place(), 'new'), '')],
    ['the program cannot be executed', () => chmodSync(join(place(), 'program'), 0o644)],
    ['everything is missing', () => rmSync(place(), { recursive: true })],
    ['its facts are damaged', () => writeFileSync(join(place(), '../build.json'), '{')],
  ])('is built and kept again when %s', (_, damage) => {
    keep()
    damage()
    expect(keptBuild(folder, key)).toBeUndefined()
    keep()
    expect(keptBuild(folder, key)).toBeDefined()
  })
})

describe('the directory of the cache', () => {
  const cache = () => join(folder, 'node_modules/.cache/gradebox')

  test('is in node_modules of the project, also where a link leads there', () => {
    writeFileSync(join(folder, 'package.json'), '{}')
    mkdirSync(join(folder, 'elsewhere'))
    symlinkSync('elsewhere', join(folder, 'node_modules'))
    mkdirSync(join(folder, 'deep'))
    expect(cacheDirectory(join(folder, 'deep'))).toBe(cache())
  })

  test('is another directory where everybody can write to the usual one', () => {
    writeFileSync(join(folder, 'package.json'), '{}')
    mkdirSync(cache(), { recursive: true })
    chmodSync(cache(), 0o777)
    expect(cacheDirectory(folder)).not.toBe(cache())
  })

  test.runIf(process.geteuid?.() === 0)(
    'is another directory where the usual one belongs to another user',
    () => {
      writeFileSync(join(folder, 'package.json'), '{}')
      mkdirSync(join(folder, 'planted'))
      mkdirSync(join(cache(), '..'), { recursive: true })
      symlinkSync(join(folder, 'planted'), cache())
      chownSync(join(folder, 'planted'), 1000, 1000)
      expect(cacheDirectory(folder)).not.toBe(cache())
    },
  )

  test('is another directory where a file is in the usual place', () => {
    writeFileSync(join(folder, 'package.json'), '{}')
    mkdirSync(join(cache(), '..'), { recursive: true })
    writeFileSync(cache(), '')
    expect(cacheDirectory(folder)).not.toBe(cache())
  })
})
