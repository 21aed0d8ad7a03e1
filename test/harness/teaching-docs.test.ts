import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asPattern, examplesOf, filesOf, readPage, runShell, writePages } from './pages.ts'

const esm = '{ "type": "module" }'

/** Runs the commands of a page in a folder, and compares what they print. */
function runExamples(page: string, directory: string): void {
  for (const { command, output } of examplesOf(page)) {
    expect(runShell(directory, command), command).toMatch(asPattern(output))
  }
}

test('every recipe works as it is shown', () => {
  const directory = writePages(['docs/recipes.md'], { 'recipes/package.json': esm })
  const output = runShell(join(directory, 'recipes'), 'npx vitest run --testTimeout=100000')
  expect(output).toMatch(/Test Files {2}9 passed \(9\)/)
  expect(output).toMatch(/Tests {2}15 passed \(15\)/)
})

test('the tutorial works as it is shown', () => {
  const directory = writePages(['docs/tutorial.md'], { 'tutorial/package.json': esm })
  expect(examplesOf('docs/tutorial.md').length).toBeGreaterThan(6)
  runExamples('docs/tutorial.md', join(directory, 'tutorial'))
})

test('every block of code of these pages is a file, a command that is run, or output', () => {
  for (const page of ['docs/recipes.md', 'docs/tutorial.md']) {
    const blocks = readPage(page).match(/^```(?!text|console|sh)\w+\n/gm)
    const shown = filesOf(page).filter(([path]) => !/\.(?:in|ans)$/.test(path))
    expect(blocks, page).toHaveLength(shown.length)
  }
})
