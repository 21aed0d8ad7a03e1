import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { addedInContainers } from '../run/cli/container-filter.ts'
import { asPattern, examplesOf, readPage, runShell, writePages } from './pages.ts'

const text = readPage('docs/cli.md')

test('every example of the page on the command line prints the output on the page', () => {
  const examples = examplesOf('docs/cli.md')
  expect(examples.length).toBeGreaterThan(10)
  const directory = writePages([])
  for (const { command, output } of examples) {
    expect(runShell(directory, command), command).toMatch(asPattern(output))
  }
})

test('the page names every flag of run', () => {
  const main = join(inject('harnessRoot'), 'node_modules/gradebox/dist/cli/main.js')
  const help = spawnSync(process.execPath, [main, 'run', '--help'], { encoding: 'utf8' }).stdout
  const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag)
  expect(flags.length).toBeGreaterThan(20)
  expect(flags.filter((flag) => !text.includes(`\`${flag}`))).toEqual([])
})

test('the page on containers adds to the seccomp profile the calls that a test proves sufficient', () => {
  const page = readPage('docs/containers.md')
  const list = /"names": \[([^\]]*)\]/.exec(page)?.[1] ?? ''
  const names = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name)
  expect(names).toEqual(addedInContainers)
})
