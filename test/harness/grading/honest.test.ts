import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import type { Report } from '../../../src/grading/report/report-schema.ts'
import { type ProjectRun, runProject } from '../run-project.ts'

const declarations = `
module.exports = (assignment) => {
  const honest = assignment({
    name: 'Honest',
    submissions: 'submissions',
    languages: {
      python: { limits: { memory: '64MiB' } },
      lua: {
        title: 'Lua',
        extensions: ['.lua'],
        version: ['a-lua-that-is-not-installed', '-v'],
        install: 'the Lua of this test',
        run: () => ['a-lua-that-is-not-installed', 'main.lua'],
        limits: { memory: '64MiB' },
      },
    },
    adjust: ({ submission }) => {
      if (submission.id === 'adjusted') throw new Error('no due date')
      return []
    },
  })
  honest.test('works', async ({ run, expect }) => {
    expect(await run()).toHaveStdout('1\\n')
  })
  honest.test('mount', async ({ run, submission }) => {
    const mounts = [{ source: '/nowhere/at/all', target: '/data' }]
    await run(submission.id === 'mounted' ? { mounts } : {})
  })
  honest.test('checker', async ({ run, submission }) => {
    const { stdout } = await run()
    if (submission.id === 'checked') JSON.parse(stdout + '}')
  })
  honest.test('limit', async ({ run, submission }) => {
    await run(submission.id === 'limited' ? { limits: { memory: '1MiB' } } : {})
  })
  let tries = 0
  honest.test('retried', { retry: 2 }, async ({ run, submission, expect }) => {
    const args = submission.id === 'retried' && tries++ < 1 ? ['more'] : []
    expect(await run({ args })).toHaveStdout('1\\n')
  })
  honest.test('too many', { points: 2 }, async ({ submission, award }) => {
    award(submission.id === 'awarded' ? 2.5 : 2)
  })
}`

const ids = ['adjusted', 'awarded', 'checked', 'limited', 'mounted', 'retried']
const files = {
  'package.json': '{}',
  'declare.cjs': declarations,
  'honest.test.mjs':
    "import { assignment } from 'gradebox/grading/vitest'\nimport declare from './declare.cjs'\ndeclare(assignment)\n",
  'honest.spec.cjs':
    "const { assignment } = require('gradebox/grading/jest')\nrequire('./declare.cjs')(assignment)\n",
  'vitest.config.mjs':
    "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()], test: { include: ['*.test.mjs'] } }\n",
  'jest.config.cjs':
    "module.exports = { testEnvironment: 'gradebox/jest-environment', testMatch: ['**/*.spec.cjs'], reporters: ['default', 'gradebox/grading/jest-reporter'] }\n",
  'submissions/missing/main.lua': 'print(1)\n',
  ...Object.fromEntries(
    ids.map((id) => [`submissions/${id}/main.py`, 'import sys\nprint(len(sys.argv))\n']),
  ),
}

let project: string
beforeAll(() => {
  project = join(inject('harnessRoot'), 'honest')
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
})

describe.for(['vitest', 'jest'] as const)(
  '%s: trouble that is not the student’s fault',
  (runner) => {
    let run: ProjectRun
    let report: Report
    beforeAll(async () => {
      const args = runner === 'jest' ? ['--config=jest.config.cjs'] : []
      run = await runProject(runner, project, { args })
      report = readReport(join(run.directory, 'gradebox-report.json'))
    }, 120_000)

    const problemsOf = (id: string) => {
      const submission = report.submissions.find((each) => each.id === id)
      return { gradable: submission?.gradable, problems: submission?.problems }
    }

    test('makes the exit code 2', () => {
      expect(run.exitCode, run.output).toBe(2)
    })

    test('is an error with the cause and a remedy, and the submission is not gradable', () => {
      expect(problemsOf('mounted')).toEqual({
        gradable: false,
        problems: [expect.stringMatching(/^mount: .*\/nowhere\/at\/all.*does not exist/)],
      })
      expect(problemsOf('checked')).toEqual({
        gradable: false,
        problems: [expect.stringMatching(/^checker: .*JSON/)],
      })
      expect(problemsOf('limited')).toEqual({
        gradable: false,
        problems: [
          'limit: The limit `memory: "1MiB"` is too small for Python, which needs 24 MiB to start. Raise the limit, or give Python its own: `languages: { NAME: { limits: { memory: … } } }`.',
        ],
      })
      expect(problemsOf('awarded')).toEqual({
        gradable: false,
        problems: [
          'too many: award(2.5) makes 2.5 points; the test has 0 to 2. Raise the `points` of the test, or award less.',
        ],
      })
      expect(problemsOf('missing')).toEqual({
        gradable: false,
        problems: [
          'works, mount, checker, limit, retried, too many: Lua is not installed where the sandbox can see it. Install the Lua of this test, and grade again.',
        ],
      })
    })

    test('in the deductions is an error too', () => {
      expect(problemsOf('adjusted')).toEqual({
        gradable: false,
        problems: ['`adjust` failed: no due date. Correct it and grade again.'],
      })
    })

    test('leaves other submissions alone, and lists a retry', () => {
      expect(problemsOf('retried')).toEqual({ gradable: true, problems: [] })
      const retried = report.submissions.find(({ id }) => id === 'retried')
      const { attempts, status } = retried?.tests.find(({ name }) => name === 'retried') ?? {}
      expect(status).toBe('passed')
      expect(attempts?.map((each) => each.status)).toEqual(['failed', 'passed'])
    })

    test('tells the student only that the fault is not theirs', () => {
      const mounted = report.submissions.find(({ id }) => id === 'mounted')
      expect(mounted?.tests.find(({ name }) => name === 'mount')?.studentMessage).toBe(
        'This test could not be judged. That is not the fault of your program; the course staff can see the reason.',
      )
    })
  },
)
