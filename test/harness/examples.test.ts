import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readReport } from '../../src/grading/report/read-report.ts'
import { filesOf, outputsOf, readPage, repository, writePages } from './pages.ts'

const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
const jest = join(repository, 'node_modules/jest/bin/jest.js')
const write = (pages: readonly string[], type: 'module' | 'commonjs') =>
  writePages(pages, { 'package.json': JSON.stringify({ type }) })

// The programs of these examples wait for processors that the programs of other tests have.
const patient = '--testTimeout=30000'

function run(cwd: string, ...command: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, command, {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: cwd, NO_COLOR: '1', CI: '1' },
  })
  return `${stdout}${stderr}`
}

test('the examples of the README work', () => {
  expect(filesOf('README.md').map(([path]) => path)).toEqual([
    'vitest.config.ts',
    'median.test.ts',
    'submissions/ada/main.py',
    'submissions/bob/main.py',
    'socket.test.ts',
  ])
  const directory = write(['README.md'], 'module')
  const output = run(directory, vitest, 'run', patient)
  const [points = '', feedback = ''] = outputsOf('README.md')
  expect(output).toContain(points)
  expect(output).toMatch(/Tests {2}1 failed \| 4 passed \(5\)/)
  const { submissions } = readReport(join(directory, 'gradebox-report.json'))
  const messages = submissions.map(({ tests }) => tests[0]?.studentMessage)
  expect(messages).toEqual(['Passed.', feedback.trim()])
})

test('the examples of the page on sandboxed() work', () => {
  const plugin =
    "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()] }\n"
  const directory = writePages(['docs/sandboxed.md'], {
    'package.json': '{ "type": "module" }',
    'sandboxed/vitest.config.js': plugin,
  })
  const output = run(join(directory, 'sandboxed'), vitest, 'run', patient)
  expect(output).toMatch(/Tests {2}3 passed \(3\)/)
})

test('the examples of the pages on Vitest and on the matchers work', () => {
  const directory = write(['docs/vitest.md', 'docs/matchers.md'], 'module')
  const others = ['--exclude=several', '--exclude=parts']
  expect(run(directory, vitest, 'run', patient, ...others)).toMatch(/Tests {2}18 passed \(18\)/)
  expect(run(join(directory, 'several'), vitest, 'run', patient)).toMatch(/Tests {2}2 passed \(2\)/)
  expect(run(join(directory, 'parts'), vitest, 'run', patient)).toMatch(/Tests {2}1 passed \(1\)/)
})

test('the examples of the page on Jest work', () => {
  const directory = write(['docs/jest.md'], 'commonjs')
  const output = run(directory, jest, '--ci', patient, '--testPathIgnorePatterns=/esm/')
  expect(output).toContain('Tests:       3 passed, 3 total')
  writeFileSync(join(directory, 'esm/package.json'), '{ "type": "module" }')
  const modules = run(join(directory, 'esm'), '--experimental-vm-modules', jest, '--ci', patient)
  expect(modules).toContain('Tests:       1 passed, 1 total')
})

test('every block of code in the pages is a tested file, or shows output', () => {
  for (const page of ['docs/sandboxed.md', 'docs/vitest.md', 'docs/jest.md', 'docs/matchers.md']) {
    const blocks = readPage(page).match(/^```(?!text)\w+\n/gm)
    expect(blocks, page).toHaveLength(filesOf(page).length)
  }
})

test('the page on sandboxed() names every option, limit and property of results, and the page on matchers every matcher', async () => {
  const { matchers } = await import('../../src/matchers/index.ts')
  const { limitTable } = await import('../../src/limits/table.ts')
  const names = [...Object.keys(limitTable), ...optionNames()]
  const sandboxed = readPage('docs/sandboxed.md')
  expect(names.filter((name) => !sandboxed.includes(name))).toEqual([])
  const page = readPage('docs/matchers.md')
  expect(Object.keys(matchers).filter((name) => !page.includes(`\`${name}(`))).toEqual([])
})

/** The properties of the public option and result types, from their source. */
function optionNames(): string[] {
  const sources = ['options/sandbox-options.ts', 'result.ts'].map((path) =>
    readPage(`src/runner/${path}`),
  )
  return sources.flatMap((source) =>
    [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name),
  )
}
