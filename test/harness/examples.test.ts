import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, inject, test } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')
const read = (page: string) => readFileSync(join(repository, page), 'utf8')
const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
const jest = join(repository, 'node_modules/jest/bin/jest.js')

/** A page's files: blocks of code whose first line is a comment with a path. */
function filesOf(page: string): [path: string, contents: string][] {
  const blocks = read(page).matchAll(/^```\w+\n((?:\/\/|#) (\S+\.\w+)\n[\s\S]*?)^```$/gm)
  // A docblock is one only on the first line.
  return [...blocks].map(([, contents = '', path = '']) => [
    path,
    contents.replace(/^\/\/ .*\n(?=\/\*\*)/, ''),
  ])
}

/** Writes the files of pages where the package is installed. */
function write(pages: readonly string[], type: 'module' | 'commonjs'): string {
  const directory = mkdtempSync(join(inject('harnessRoot'), 'examples-'))
  for (const [path, contents] of pages.flatMap(filesOf)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), contents)
  }
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type }))
  return directory
}

// Their programs wait for processors that other tests' programs have.
const patient = '--testTimeout=30000'

function run(cwd: string, ...command: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, command, {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: cwd, NO_COLOR: '1', CI: '1' },
  })
  return `${stdout}${stderr}`
}

test('what the README shows works as it is shown', () => {
  expect(filesOf('README.md').map(([path]) => path)).toEqual([
    'vitest.config.ts',
    'submissions/alice/sum.py',
    'grade.test.ts',
    'compiled.test.ts',
    'jest.config.js',
  ])
  expect(run(write(['README.md'], 'module'), vitest, 'run', patient)).toContain('4 passed (4)')
})

test('so does what the pages on Vitest and on the matchers show', () => {
  const directory = write(['docs/vitest.md', 'docs/matchers.md'], 'module')
  const others = ['--exclude=several', '--exclude=parts']
  expect(run(directory, vitest, 'run', patient, ...others)).toMatch(/Tests {2}17 passed \(17\)/)
  expect(run(join(directory, 'several'), vitest, 'run', patient)).toMatch(/Tests {2}2 passed \(2\)/)
  expect(run(join(directory, 'parts'), vitest, 'run', patient)).toMatch(/Tests {2}1 passed \(1\)/)
})

test('so does what the page on Jest shows', () => {
  const directory = write(['docs/jest.md'], 'commonjs')
  const output = run(directory, jest, '--ci', patient, '--testPathIgnorePatterns=/esm/')
  expect(output).toContain('Tests:       3 passed, 3 total')
  writeFileSync(join(directory, 'esm/package.json'), '{ "type": "module" }')
  const modules = run(join(directory, 'esm'), '--experimental-vm-modules', jest, '--ci', patient)
  expect(modules).toContain('Tests:       1 passed, 1 total')
})

test('every block of code in the pages is such a file, or shows output', () => {
  for (const page of ['docs/vitest.md', 'docs/jest.md', 'docs/matchers.md']) {
    const blocks = read(page).match(/^```(?!text)\w+\n/gm)
    expect(blocks, page).toHaveLength(filesOf(page).length)
  }
})

test('the README names every option, limit, status, error code and matcher', async () => {
  const { matchers } = await import('../../src/matchers/index.ts')
  const names = [...Object.keys(matchers), ...optionNames()]
  const readme = read('README.md')
  expect(names.filter((name) => !readme.includes(name))).toEqual([])
  const page = read('docs/matchers.md')
  expect(Object.keys(matchers).filter((name) => !page.includes(`\`${name}(`))).toEqual([])
})

/** The properties of the public option and result types, from their source. */
function optionNames(): string[] {
  const sources = ['options/options.ts', 'result.ts'].map((path) => read(`src/runner/${path}`))
  return sources.flatMap((source) =>
    [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name),
  )
}
