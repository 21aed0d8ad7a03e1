import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import { type ProjectRun, runProject } from '../run-project.ts'

const declarations = `
const how = process.env.HOW
module.exports = (assignment) => {
  const lost = assignment({ name: 'Lost', submissions: 'submissions' })
  lost.cases('cases')
  lost.test('trouble', { timeout: how === 'wait' ? 5000 : 60_000 }, async ({ run, expect, submission }) => {
    const result = await run({ stdin: 'x' })
    if (submission.id === 'ada') {
      if (how === 'kill') process.kill(process.pid, 'SIGKILL')
      if (how === 'exit') process.exit(0)
      if (how === 'wait') await new Promise(() => {})
    }
    // The await is forgotten.
    if (submission.id === 'eve') expect(Promise.resolve(result.stdout)).resolves.toBe('y')
    await new Promise((resolve) => setTimeout(resolve, 100))
  })
  lost.test('after', async ({ run, expect }) => {
    expect(await run({ stdin: 'x' })).toHaveStdout('x')
  })
}`

const files = {
  'package.json': '{}',
  'declare.cjs': declarations,
  'lost.test.mjs':
    "import { assignment } from 'gradebox/grading/vitest'\nimport declare from './declare.cjs'\ndeclare(assignment)\n",
  'lost.spec.cjs':
    "const { assignment } = require('gradebox/grading/jest')\nrequire('./declare.cjs')(assignment)\n",
  // With two files, Jest runs them in workers.
  'other.spec.cjs': "test('passes', () => {})\n",
  'vitest.config.mjs':
    "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()], test: { include: ['*.test.mjs'] } }\n",
  'jest.config.cjs':
    "module.exports = { testEnvironment: 'gradebox/jest-environment', testMatch: ['**/*.spec.cjs'], reporters: ['default', 'gradebox/grading/jest-reporter'] }\n",
  'submissions/ada/main.sh': 'cat\n',
  'submissions/bob/main.sh': 'cat\n',
  'submissions/eve/main.sh': 'cat\n',
  'cases/pipe.in': 'pipe',
  'cases/pipe.ans': 'pipe',
  'cases/inherit.in': 'inherit',
  'cases/inherit.ans': 'inherit',
}

let project: string
beforeAll(() => {
  project = join(inject('harnessRoot'), 'lost')
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
})

describe.for(['vitest', 'jest'] as const)('%s: a test without an end', (runner) => {
  const args = runner === 'jest' ? ['--config=jest.config.cjs', '-w', '2'] : []
  const grade = async (how: string) => {
    const run = await runProject(runner, project, { args, env: { HOW: how } })
    const { submissions } = readReport(join(run.directory, 'gradebox-report.json'))
    const testOf = (id: string, name: string) =>
      submissions.find((each) => each.id === id)?.tests.find((each) => each.name === name)
    const isGradable = (id: string) => submissions.find((each) => each.id === id)?.gradable
    return { run, testOf, isGradable }
  }
  const whyNot = ({ output }: ProjectRun) => output.slice(-2000)
  const lost = (message: RegExp) => ({
    status: 'error',
    points: 0,
    staffMessage: expect.stringMatching(message),
  })

  test.for([
    ['kill', /^The test worker ended before the test did: /],
    ['exit', /^(?:The test worker ended before the test did: |process\.exit unexpectedly called)/],
  ] as const)('is an error, and never points: %s', { timeout: 120_000 }, async ([how, message]) => {
    const { run, testOf, isGradable } = await grade(how)
    expect(run.exitCode, whyNot(run)).toBe(2)
    expect(isGradable('ada')).toBe(false)
    expect(testOf('ada', 'trouble')).toMatchObject(lost(message))
  })

  test('is an error, and never points: it waits for ever, or fails after it was judged', async () => {
    const { run, testOf, isGradable } = await grade('wait')
    expect(run.exitCode, whyNot(run)).toBe(2)
    expect(testOf('ada', 'trouble')).toMatchObject(lost(/^The test did not end: /))
    expect(testOf('eve', 'trouble')).toMatchObject(lost(/^The test failed after it was judged: /))
    expect(isGradable('ada')).toBe(false)
    expect(isGradable('eve')).toBe(false)
    // An error in one submission's test does not affect another submission, although both run at the same time.
    expect(testOf('bob', 'trouble')?.status).toBe('passed')
    expect(isGradable('bob')).toBe(true)
    // An input may also be a value of the option `stdin`.
    for (const name of ['pipe', 'inherit']) expect(testOf('bob', name)?.status).toBe('passed')
  }, 120_000)
})
