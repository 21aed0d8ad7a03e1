import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, inject, test } from 'vitest'

const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')

/** The README's files: blocks of code whose first line is a comment with a path. */
function readmeFiles(): Map<string, string> {
  const blocks = readme.matchAll(/^```\w+\n((?:\/\/|#) (\S+\.\w+)\n[\s\S]*?)^```$/gm)
  return new Map([...blocks].map(([, contents = '', path = '']) => [path, contents]))
}

test('what the README shows works as it is shown', () => {
  const directory = mkdtempSync(join(inject('harnessRoot'), 'readme-'))
  const files = readmeFiles()
  expect([...files.keys()]).toEqual([
    'vitest.config.ts',
    'submissions/alice/sum.py',
    'grade.test.ts',
    'compiled.test.ts',
    'jest.config.js',
  ])
  for (const [path, contents] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), contents)
  }
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  const vitest = resolve('node_modules/vitest/vitest.mjs')
  const run = spawnSync(process.execPath, [vitest, 'run'], {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: directory, NO_COLOR: '1' },
  })
  expect(`${run.stdout}${run.stderr}`).toContain('4 passed (4)')
  expect(run.status).toBe(0)
})

test('the README names every option, limit, status, error code and matcher', async () => {
  const { matchers } = await import('../../src/matchers/index.ts')
  const names = [...Object.keys(matchers), ...optionNames()]
  expect(names.filter((name) => !readme.includes(name))).toEqual([])
})

/** The properties of the public option and result types, from their source. */
function optionNames(): string[] {
  const sources = ['options/options.ts', 'result.ts'].map((path) =>
    readFileSync(resolve(import.meta.dirname, '../../src/runner', path), 'utf8'),
  )
  return sources.flatMap((source) =>
    [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name),
  )
}
