import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Language } from '../../../src/grading/languages/language.ts'
import { languages } from '../../../src/grading/languages/language-table.ts'
import { readReport } from '../../../src/grading/report/read-report.ts'
import { formatSize } from '../../../src/units/size.ts'
import { readPage, writePages } from '../pages.ts'
import { runProject } from '../run-project.ts'

const esm = '{ "type": "module" }'
const plugin = "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()] }\n"

async function points(runner: 'vitest' | 'jest', project: string) {
  const { directory, output, exitCode } = await runProject(runner, project)
  const { submissions } = readReport(join(directory, 'gradebox-report.json'))
  const all = submissions.map(({ id, gradable, ...each }) => [id, gradable, each.points])
  return { all, output, exitCode, submissions }
}

test('the examples of the page on grading work', async () => {
  const directory = writePages(['docs/grading.md'], {
    'median/package.json': esm,
    'groups/package.json': esm,
    'groups/vitest.config.js': plugin,
    'jest/package.json': '{}',
    'guess/package.json': esm,
    'guess/vitest.config.js': plugin,
  })
  const median = await points('vitest', join(directory, 'median'))
  expect(median.all).toEqual([
    ['ada', true, 8.5],
    ['bob', true, 6.5],
  ])
  const [shown = ''] = /^Median: [\s\S]*?(?=^```)/m.exec(readPage('docs/grading.md')) ?? []
  expect(median.output).toContain(shown.trim())
  expect(median.exitCode).toBe(1)

  const groups = await points('vitest', join(directory, 'groups'))
  expect(groups.all).toEqual([['late', true, 7.2]])
  expect(groups.submissions[0]?.tests[0]?.studentMessage).toBe('Bestanden.')

  const guess = await points('vitest', join(directory, 'guess'))
  expect(guess.all).toEqual([['ada', true, 2]])

  const jest = await points('jest', join(directory, 'jest'))
  expect(jest.all).toEqual([['ada', true, 2]])
})

test('the examples of the page on languages work', async () => {
  const directory = writePages(['docs/languages.md'], {
    'own-language/package.json': esm,
    'own-language/vitest.config.js': plugin,
    'installed/package.json': esm,
    'installed/vitest.config.js': plugin,
  })
  const own = await points('vitest', join(directory, 'own-language'))
  expect(own.all).toEqual([
    ['ada', true, 1],
    ['bob', true, 1],
  ])
  const installed = await runProject('vitest', join(directory, 'installed'))
  expect(installed.exitCode, installed.output).toBe(0)
})

test('the page on languages has every language and its minimum memory', () => {
  const page = readPage('docs/languages.md')
  for (const [name, { extensions, floors }] of Object.entries<Language>(languages)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? ''
    expect(row, name).toContain(formatSize(floors?.memoryBytes ?? 0))
    expect(row, name).toContain(extensions[0] ?? 'Makefile')
  }
})
