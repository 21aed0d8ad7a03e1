import { formatPoints } from '../report/points.ts'
import type { Report, ReportSubmission } from '../report/report-schema.ts'
import { studentView } from './student-view.ts'
import type { WriterOptions } from './writer.ts'

/** The result of one submission as plain text for its student: points, remarks, and each test with its message. */
export function studentText(
  submission: ReportSubmission,
  report: Report,
  options: WriterOptions,
): string {
  const { texts, rows, remarks } = studentView(submission, report, options)
  const points = (given: number, most: number) =>
    texts.points(formatPoints(given), formatPoints(most))
  return [
    ...(submission.gradable ? [points(submission.points, submission.maxPoints)] : []),
    ...remarks,
    ...rows.map(({ name, status, points: given, maxPoints, message }) =>
      [
        `${name}: ${texts.statuses[status]}, ${points(given, maxPoints)}`,
        ...(message === '' ? [] : [message]),
      ].join('\n'),
    ),
  ].join('\n\n')
}
