import { visibleLine } from '../../units/visible.ts'
import { columnWidth } from '../report/changes.ts'
import { formatPoints } from '../report/points.ts'
import type { Report, ReportSubmission } from '../report/report-schema.ts'

/**
 * The summary of a grading for a person: points per submission, and the submissions that could not be graded.
 */
export function summaryLines({ assignment, submissions }: Report): string[] {
  const width = columnWidth(submissions)
  return [
    `${visibleLine(assignment.name)}: ${count(submissions.length, 'submission')}`,
    ...submissions.flatMap((submission) => submissionLines(submission, width)),
  ]
}

function submissionLines(submission: ReportSubmission, width: number): string[] {
  const { id, language, problems } = submission
  const name = visibleLine(id).padEnd(width)
  const line = `  ${name}  ${result(submission)}${language === undefined ? '' : `  ${language.title}`}`
  return [line, ...problems.map((problem) => `    ${visibleLine(problem.split('\n')[0] ?? '')}`)]
}

function result({ gradable, complete, points, maxPoints, tests }: ReportSubmission): string {
  if (gradable) return `${formatPoints(points)} of ${formatPoints(maxPoints)} points`
  return complete ? 'NOT GRADABLE' : `incomplete, ${count(tests.length, 'test')} done`
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`

/** Whether a problem that is not the student's fault prevented the grading of a submission. */
export function hasTrouble({ submissions }: Report): boolean {
  return submissions.some(
    ({ problems, tests, build }) =>
      problems.length > 0 ||
      build?.status === 'error' ||
      tests.some(({ status }) => status === 'error'),
  )
}
