import { expect, test } from 'vitest'
import type { ProblemCode } from '../../../../src/grading/index.ts'
import { summaryLines } from '../../../../src/grading/reporting/summary.ts'
import { declared, ended, report, submission } from '../report/sample.ts'

const one = declared(1)

const withoutProgram = (id: string, problem: ProblemCode) =>
  submission(id, [ended(one, 0, { status: 'blocked' })], {
    build: { status: 'failed', problem, studentMessage: '', staffMessage: '', durationMs: 1 },
  })

test('a submission without a program is named with the reason, apart from a wrong program', () => {
  const lines = summaryLines(
    report(
      [one],
      [
        submission('ada', [ended(one, 1)]),
        submission('bob', [ended(one, 0)]),
        withoutProgram('cleo', 'empty'),
        withoutProgram('dan', 'build-failed'),
      ],
    ),
  )
  expect(lines).toEqual([
    'Median: 4 submissions',
    '  ada   1 of 1 points',
    '  bob   0 of 1 points',
    '  cleo  0 of 1 points  no program: no files',
    '  dan   0 of 1 points  the build failed',
    'Without a program: 1 submission (cleo)',
  ])
})

test('the last line of the summary names at most ten submissions', () => {
  const many = Array.from({ length: 12 }, (_, index) => withoutProgram(`s${10 + index}`, 'empty'))
  expect(summaryLines(report([one], many)).at(-1)).toBe(
    'Without a program: 12 submissions (s10, s11, s12, s13, s14, s15, s16, s17, s18, s19, …)',
  )
})
