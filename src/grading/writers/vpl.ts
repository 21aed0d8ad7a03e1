import { formatPoints } from '../report/points.ts'
import { studentText } from './student-text.ts'
import { onlySubmission, quotedLines } from './student-view.ts'
import type { ReportWriter } from './writer.ts'

/**
 * The output of an evaluation of Moodle's Virtual Programming Lab: a block of comments, and the grade in points. Every
 * line of the block is quoted, so that no output of a program is read as a grade or ends the block. A submission that
 * is not gradable has no grade.
 */
export const writeVpl: ReportWriter = (report, options) => {
  const submission = onlySubmission(report, 'VPL')
  const lines = ['<|--', quotedLines(studentText(submission, report, options)), '--|>']
  if (submission.gradable) lines.push(`Grade :=>> ${formatPoints(submission.points)}`)
  return `${lines.join('\n')}\n`
}
