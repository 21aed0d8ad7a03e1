import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { strToU8, zipSync } from 'fflate'
import { afterEach, expect, inject, test } from 'vitest'
import { readReport } from '../../src/grading/report/read-report.ts'
import { type StartedProject, startProject } from './run-project.ts'

const graded = `
assigned.test('prints 3', async ({ run, expect }) => {
  expect(await run()).toHaveStdout('3\\n')
})
`
const files = {
  'package.json': '{}',
  'graded.test.mjs': `import { assignment } from 'gradebox/grading/vitest'\nconst assigned = assignment({ name: 'Three', submissions: 'submissions' })\n${graded}`,
  'plain.test.mjs':
    "import { sandboxed } from 'gradebox'\nimport { expect, test } from 'vitest'\ntest('plain', async () => {\n  expect(await sandboxed('sh', ['main.sh'], { workdir: 'program', stdin: new URL('input.txt', import.meta.url) })).toHaveStdout('3\\n')\n})\n",
  'vitest.config.mjs':
    "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()], test: { include: ['*.test.mjs'], testTimeout: 60_000 } }\n",
  'graded.spec.cjs': `const { assignment } = require('gradebox/grading/jest')\nconst assigned = assignment({ name: 'Three', submissions: 'submissions' })\n${graded}`,
  'jest.config.cjs':
    "module.exports = { testEnvironment: 'gradebox/jest-environment', testMatch: ['**/*.spec.cjs'], moduleFileExtensions: ['js', 'cjs', 'mjs', 'json', 'node', 'sh'], reporters: ['default', 'gradebox/grading/jest-reporter'] }\n",
  'submissions/ada/main.sh': 'echo 2\n',
  'program/main.sh': 'cat\n',
  'input.txt': '2\n',
  'named.test.mjs':
    "import { sandboxed } from 'gradebox'\nimport { expect, test } from 'vitest'\ntest('named', async () => {\n  expect(await sandboxed('cat', ['/work/named'], { files: { '/work/named': new URL('named.txt', import.meta.url) } })).toHaveStdout('3\\n')\n})\n",
  'named.txt': '2\n',
}

let started: StartedProject | undefined
afterEach(async () => {
  const { pid } = started?.process ?? {}
  if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  await started?.exit
})

function start(
  runner: 'vitest' | 'jest',
  args: readonly string[],
  contents: Readonly<Record<string, string | Uint8Array>> = files,
): StartedProject {
  const project = join(inject('harnessRoot'), `watched-${runner}`)
  rmSync(project, { recursive: true, force: true })
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), content)
  }
  started = startProject(runner, project, args)
  return started
}

/** Waits until the runner has printed this text this many times. */
async function printed(project: StartedProject, text: string, times: number): Promise<void> {
  const count = () => project.output().split(text).length - 1
  for (let tries = 0; count() < times; tries += 1) {
    if (tries > 1000 || project.process.exitCode !== null) {
      throw new Error(`"${text}" was printed ${count()} times:\n${project.output()}`)
    }
    await setTimeout(100)
  }
  // The next change must not fall into the end of this run.
  await setTimeout(500)
}

const pointsIn = ({ directory }: StartedProject) =>
  readReport(join(directory, 'gradebox-report.json')).submissions.map(({ id, points }) => [
    id,
    points,
  ])

test('Vitest runs the tests of a submission again when it changes, and the tests of a new one', async () => {
  const project = start('vitest', ['--watch'])
  const write = (path: string, text: string) => {
    mkdirSync(join(project.directory, path, '..'), { recursive: true })
    writeFileSync(join(project.directory, path), text)
  }
  const waiting = () =>
    project.output().split(/Waiting for file changes|Tests failed\. Watching/).length - 1
  const nextRun = async (after: number) => {
    for (let tries = 0; waiting() <= after; tries += 1) {
      if (tries > 1000) throw new Error(`no run after ${after}:\n${project.output()}`)
      await setTimeout(100)
    }
    await setTimeout(500)
  }
  await nextRun(0)
  expect(pointsIn(project)).toEqual([['ada', 0]])

  let before = waiting()
  write('submissions/ada/main.sh', 'echo 3\n')
  await nextRun(before)
  expect(pointsIn(project)).toEqual([['ada', 1]])

  before = waiting()
  write('submissions/bob/main.sh', 'echo 4\n')
  await nextRun(before)
  expect(pointsIn(project)).toEqual([
    ['ada', 1],
    ['bob', 0],
  ])

  // Plain tests: the input, the working directory, and a file that the option `files` names.
  for (const [path, text, passes, name] of [
    ['input.txt', '3\n', true, 'plain'],
    ['program/main.sh', 'echo 5\n', false, 'plain'],
    ['named.txt', '3\n', true, 'named'],
  ] as const) {
    before = waiting()
    const printedBefore = project.output().length
    write(path, text)
    await nextRun(before)
    const output = project.output().slice(printedBefore)
    expect(output).toContain(`${passes ? '✓' : '❯'} ${name}.test.mjs`)
  }

  // The reports that were written start no new run.
  before = waiting()
  await setTimeout(2000)
  expect(waiting()).toBe(before)
})

test('Vitest runs the tests again when an export of a platform changes', async () => {
  const exported = (program: string) =>
    zipSync({ 'ada.zip': zipSync({ 'main.sh': strToU8(program) }) })
  const project = start('vitest', ['--watch'], {
    'package.json': '{}',
    'vitest.config.mjs': files['vitest.config.mjs'],
    'export.zip': exported('echo 2\n'),
    'graded.test.mjs': files['graded.test.mjs'].replace("'submissions'", "'export.zip'"),
  })
  await printed(project, 'Tests failed. Watching', 1)
  expect(pointsIn(project)).toEqual([['ada', 0]])
  writeFileSync(join(project.directory, 'export.zip'), exported('echo 3\n'))
  await printed(project, 'Waiting for file changes', 1)
  expect(pointsIn(project)).toEqual([['ada', 1]])
})

test('Jest runs the tests again when a file of a language in moduleFileExtensions changes, and only then', async () => {
  const project = start('jest', ['--watchAll', '--config=jest.config.cjs'])
  const runs = () => project.output().split('Ran all test suites.').length - 1
  await printed(project, 'Ran all test suites.', 1)
  expect(pointsIn(project)).toEqual([['ada', 0]])
  // The reports that were written start no new run.
  await setTimeout(4000)
  expect(runs()).toBe(1)
  writeFileSync(join(project.directory, 'submissions/ada/main.sh'), 'echo 3\n')
  await printed(project, 'Ran all test suites.', 2)
  expect(pointsIn(project)).toEqual([['ada', 1]])
  await setTimeout(4000)
  expect(runs()).toBe(2)
})
