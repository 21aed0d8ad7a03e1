import { printableJson } from '../../units/visible.ts'
import { studentText } from './student-text.ts'
import { onlySubmission, quotedLines } from './student-view.ts'
import type { ReportWriter } from './writer.ts'

/**
 * The output of an Autolab autograder: the feedback, and then the scores on the last line (docs.autolabproject.com,
 * "Autograders"). The scores contain one Autolab problem, which has the assignment's name. A submission that is not
 * gradable has no line with scores, so Autolab gives no score.
 */
export const writeAutolab: ReportWriter = (report, options) => {
  const submission = onlySubmission(report, 'Autolab')
  const feedback = quotedLines(studentText(submission, report, options))
  if (!submission.gradable) return `${feedback}\n`
  const scores = { scores: { [report.assignment.name]: submission.points } }
  return `${feedback}\n${printableJson(scores)}\n`
}
