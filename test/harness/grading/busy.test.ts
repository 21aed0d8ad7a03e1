import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import type { Report } from '../../../src/grading/report/report-schema.ts'
import { withRepeats } from '../../repeats.ts'
import { type ProjectRun, type RunnerName, runProject } from '../run-project.ts'

// With more programs at once than processors, most of them wait for a processor.
const programs = 8 * availableParallelism()
const declarations = `
const { execFileSync } = require('node:child_process')
const limits = { walltime: '1s', cpu: '9s' }
const sh = (script) => ({ command: 'sh', args: ['-c', script], limits })
const many = (start) => Promise.all(Array.from({ length: ${programs} }, start))
module.exports = (assignment, sandboxed) => {
  const busy = assignment({ name: 'Busy', submissions: 'submissions', limits })
  busy.test('run', async ({ run }) => {
    await many(() => run())
  })
  busy.test('stream', async ({ run, expect }) => {
    for (const one of await many(() => run({ stdin: 'pipe' }))) expect(one).toSucceed()
  })
  busy.test('checker', async ({ expect }) => {
    const all = await many(() => sandboxed('sh', ['-c', 'while :; do :; done'], { limits }))
    const starved = all.find(({ reason }) => reason.includes('too busy'))
    expect(starved).toSucceed()
  })
  busy.test('judge', async ({ interact }) => {
    await many(() => interact(sh('while :; do :; done')))
  })
  busy.test('calm', async ({ run, expect }) => {
    expect(await run()).toSucceed()
  })
}`
const files = {
  'package.json': '{}',
  'declare.cjs': declarations,
  'busy.test.mjs':
    "import { sandboxed } from 'gradebox'\nimport { assignment } from 'gradebox/grading/vitest'\nimport declare from './declare.cjs'\ndeclare(assignment, sandboxed)\n",
  'busy.spec.cjs':
    "const { sandboxed } = require('gradebox')\nconst { assignment } = require('gradebox/grading/jest')\nrequire('./declare.cjs')(assignment, sandboxed)\n",
  'vitest.config.mjs': `import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox({ concurrency: ${programs} })], test: { include: ['*.test.mjs'] } }\n`,
  'jest.config.cjs': `module.exports = { testEnvironment: 'gradebox/jest-environment', testEnvironmentOptions: { gradebox: { concurrency: ${programs} } }, testMatch: ['**/*.spec.cjs'], reporters: ['default', 'gradebox/grading/jest-reporter'] }\n`,
  'submissions/loops/main.sh': 'echo 1\nwhile :; do :; done\n',
  'submissions/nice/main.sh': 'echo 1\nexec nice -n 19 sh -c "while :; do :; done"\n',
}

let project: string
beforeAll(() => {
  project = join(inject('harnessRoot'), 'busy')
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
})

// The grading is the same with both.
const runners = withRepeats<RunnerName>(['vitest'], ['jest'])

describe.for(runners)('%s: a machine that is too busy to judge', (runner) => {
  let run: ProjectRun
  let report: Report
  beforeAll(async () => {
    const args = runner === 'jest' ? ['--config=jest.config.cjs'] : []
    run = await runProject(runner, project, { args })
    report = readReport(join(run.directory, 'gradebox-report.json'))
  }, 300_000)

  const testOf = (id: string, name: string) =>
    report.submissions.find((each) => each.id === id)?.tests.find((each) => each.name === name)

  test.each([
    ['run', 'the program'],
    ['stream', 'the program'],
    ['checker', 'a program of the test'],
    ['judge', 'the (?:judge|program)'],
  ])('is an error of the test `%s`, with what to do', (name, program) => {
    expect(testOf('loops', name)).toMatchObject({
      status: 'error',
      points: 0,
      studentMessage:
        'This test could not be judged. That is not the fault of your program; the course staff can see the reason.',
      staffMessage: expect.stringMatching(
        new RegExp(
          `^The machine was too busy to judge ${program}: it waited for a processor for [\\d.]+ m?s of its [\\d.]+ m?s\n {2}hint: Grade again when the machine has less to do, .*\n {2}see: docs/errors\\.md#machine_busy`,
        ),
      ),
    })
  })

  test('makes the submission not gradable, and the exit code 2', () => {
    expect(report.submissions.find(({ id }) => id === 'loops')?.gradable).toBe(false)
    expect(run.exitCode, run.output).toBe(2)
  })

  test('is listed with each attempt, where the run can be repeated', () => {
    const messages = testOf('loops', 'run')?.attempts.map(({ message }) => message) ?? []
    expect(messages.length).toBeGreaterThan(2)
    expect(messages[0]).toMatch(/^The machine was too busy to judge run \d+, which was repeated\.$/)
    expect(testOf('loops', 'stream')?.attempts).toHaveLength(1)
    expect(testOf('loops', 'judge')?.attempts.length).toBeGreaterThan(2)
  })

  test('is not a result that a program can provoke', () => {
    expect(testOf('nice', 'calm')).toMatchObject({ status: 'failed', points: 0 })
  })
})
