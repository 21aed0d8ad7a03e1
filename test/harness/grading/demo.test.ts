import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import type { ReportSubmission } from '../../../src/grading/report/report-schema.ts'

const fixtures = resolve(import.meta.dirname, '../../../fixtures')

/** The expected end of one run of a submission, by the verdict at the start of its folder's name. */
const verdicts: Readonly<Record<string, (submission: ReportSubmission) => unknown>> = {
  accepted: ({ points, maxPoints }) => expect(points).toBe(maxPoints),
  'compile-error': ({ build }) => expect(build?.status).toBe('failed'),
  crash: ({ tests }) =>
    expect(
      tests
        .flatMap(({ runs }) => runs)
        .filter(({ status, exitCode }) => status === 'signaled' || exitCode !== 0),
    ).not.toEqual([]),
  wrong: ({ tests, points, maxPoints }) => {
    expect(points).toBeLessThan(maxPoints)
    expect(tests.map(({ status }) => status)).toContain('failed')
  },
  ...Object.fromEntries(
    ['walltime', 'memory', 'output', 'seccomp'].map((status) => [
      status,
      ({ tests }: ReportSubmission) =>
        expect(tests.flatMap(({ runs }) => runs.map((run) => run.status))).toContain(status),
    ]),
  ),
}

/** The reason of a submission that Gradebox does not judge, because other programs kept it from a processor. */
const busy = /: The machine was too busy to judge /

test('the demo grades every sample submission by the verdict in its name', () => {
  const directory = join(inject('harnessRoot'), 'demo')
  mkdirSync(directory)
  for (const name of ['demo', 'submissions']) {
    cpSync(join(fixtures, name), join(directory, name), { recursive: true })
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['demo/demo.mjs'], {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: directory, NO_COLOR: '1' },
  })
  const { submissions } = readReport(join(directory, 'demo/reports/report.json'))
  expect(submissions.length).toBeGreaterThan(20)
  const late = submissions.filter(({ problems }) => problems.some((each) => busy.test(each)))
  for (const { id } of late) console.warn(`Not checked: ${id}, because this machine is too busy.`)
  expect(status, stderr).toBe(late.length === 0 ? 0 : 2)
  for (const submission of submissions) {
    if (late.includes(submission)) continue
    const verdict = Object.keys(verdicts).find((name) => submission.id.startsWith(`${name}-`))
    expect(submission.gradable, submission.id).toBe(true)
    verdicts[verdict ?? '']?.(submission)
  }
  if (late.length > 0) return
  expect(stdout).toContain('What the student of wrong-javascript-sorts-as-text reads:')
  expect(stdout).toContain('Line 3: expected')
  expect(stderr).toMatch(/accepted-c +10 of 10 points {2}C\n/)
  expect(stderr).toContain('Written: reports/report.json, reports/grades.csv, reports/summary.md')
})
