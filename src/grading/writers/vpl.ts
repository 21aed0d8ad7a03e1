import { formatPoints } from '../report/points.ts'
import { studentText } from './student-text.ts'
import { onlySubmission, quotedLines } from './student-view.ts'
import type { ReportWriter } from './writer.ts'

/**
 * The output of an evaluation for Moodle's Virtual Programming Lab (VPL): a block of comments, and the grade in points.
 * The writer quotes every line of the block. VPL therefore never reads a program's output as a grade, or as the end of
 * the block. A submission that is not gradable has no grade.
 */
export const writeVpl: ReportWriter = (report, options) => {
  const submission = onlySubmission(report, 'VPL')
  const lines = ['<|--', quotedLines(studentText(submission, report, options)), '--|>']
  if (submission.gradable) lines.push(`Grade :=>> ${formatPoints(submission.points)}`)
  return `${lines.join('\n')}\n`
}
