import { SandboxError } from '../../errors/sandbox-error.ts'
import { printableJson } from '../../units/visible.ts'
import { onlySubmission, platformVariable, studentView } from './student-view.ts'
import { wholePoints } from './whole-points.ts'
import type { ReportWriter } from './writer.ts'

/**
 * `result.json` of Classroom 50 (github.com/foundation50/classroom50, "Advanced Autograding"). The totals are integers
 * and equal the sums of the tests' points. The runner's environment names the classroom, the assignment and the commit.
 *
 * @throws {SandboxError} OPTION_INVALID for a submission that is not gradable, because the format has no such result
 */
export const writeClassroom50: ReportWriter = (report, options) => {
  const submission = onlySubmission(report, 'Classroom 50')
  const view = studentView(submission, report, options)
  if (!submission.gradable) {
    throw new SandboxError(
      `The submission ${submission.id} is not gradable, and Classroom 50 has no such result`,
      {
        code: 'OPTION_INVALID',
        hint: 'Read `problems` in the report, fix them, and grade again.',
      },
    )
  }
  const { rows, total, maxPoints } = wholePoints(view.rows, submission.points, submission.maxPoints)
  const given = rows.reduce((sum, { points }) => sum + points, 0)
  const adjustment = total - given
  const variable = (name: string) => platformVariable(name, 'Classroom 50', options)
  const result = {
    schema: 'classroom50/result/v1',
    classroom: variable('CLASSROOM'),
    assignment: variable('ASSIGNMENT'),
    submission: variable('SUBMISSION_TAG'),
    commit: variable('COMMIT_URL'),
    release: variable('RELEASE_URL'),
    review: options.environment?.REVIEW_URL || variable('COMMIT_URL'),
    datetime: `${report.updatedAt.slice(0, 19)}Z`,
    score: total,
    'max-score': maxPoints,
    tests: [
      ...rows.map((row) => toTest(row.name, row.status === 'passed', row.points, row.maxPoints)),
      ...(adjustment === 0 ? [] : [toTest(view.texts.adjustment, false, adjustment, 0)]),
    ],
  }
  return `${printableJson(result, 2)}\n`
}

const toTest = (name: string, passed: boolean, score: number, maxScore: number) => ({
  'test-name': name,
  passed,
  score,
  'max-score': maxScore,
})
