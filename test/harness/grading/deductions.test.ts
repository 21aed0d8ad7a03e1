import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import { runProject } from '../run-project.ts'

const assignment = `
import { assignment } from 'gradebox/grading/vitest'
const sums = assignment({
  name: 'Sums',
  submissions: 'submissions',
  adjust: ({ submission: { metadata, submittedAt }, points }) => {
    const hours = (Date.parse(submittedAt) - Date.parse(metadata.assignment.due_date)) / 3_600_000
    return hours > 0 ? [{ name: 'late', points: -points * 0.1, message: hours + ' hours late.' }] : []
  },
})
sums.test('sum', { points: 0.1 }, async ({ run, expect }) => {
  expect(await run({ stdin: '1 2' })).toHaveStdout({ lines: '3' })
})
sums.test('another sum', { points: 0.2 }, async ({ run, expect }) => {
  expect(await run({ stdin: '2 2' })).toHaveStdout({ lines: '4' })
})
`

test('a deduction can depend on the due date and the time that Gradescope gives', async () => {
  const project = join(inject('harnessRoot'), 'deductions')
  const files = {
    'package.json': '{ "type": "module" }',
    'sums.test.js': assignment,
    'vitest.config.js':
      "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()] }\n",
    'autograder/submission/main.py': 'print(sum(map(int, input().split())))\n',
    'autograder/submission_metadata.json': JSON.stringify({
      id: 77,
      created_at: '2026-01-03T12:00:00Z',
      assignment: { due_date: '2026-01-02T12:00:00Z' },
      users: [{ name: 'Ada', email: 'ada@example.org' }],
    }),
  }
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
  const { directory, exitCode, output } = await runProject('vitest', project, {
    env: {
      GRADEBOX_SUBMISSIONS: 'autograder/submission',
      GRADEBOX_REPORTS: 'gradescope=autograder/results/results.json',
    },
  })
  expect(exitCode, output).toBe(0)
  const [submission] = readReport(join(directory, 'gradebox-report.json')).submissions
  expect(submission).toMatchObject({
    people: [{ name: 'Ada', email: 'ada@example.org' }],
    submittedAt: '2026-01-03T12:00:00Z',
    adjustments: [{ name: 'late', points: -0.03, message: '24 hours late.' }],
    points: 0.27,
    maxPoints: 0.3,
  })
  const results = readFileSync(join(directory, 'autograder/results/results.json'), 'utf8')
  expect(JSON.parse(results)).toMatchObject({
    score: 0.27,
    output: 'Adjustment: late, -0.03: 24 hours late.',
  })
})
