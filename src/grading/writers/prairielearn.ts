import { cutMiddle } from '../../units/cut.ts'
import { printableJson, visible } from '../../units/visible.ts'
import type { ReportSubmission } from '../report/report-schema.ts'
import { onlySubmission, type StudentView, studentView } from './student-view.ts'
import type { ReportWriter, WriterOptions } from './writer.ts'

/** PrairieLearn refuses results of more than 1 MB. */
const mostBytes = 1_000_000

/**
 * `/grade/results/results.json` of PrairieLearn's external graders (docs.prairielearn.com, "External grading").
 * PrairieLearn shows every test, so all hidden tests share one row. The writer cuts long messages until the file is
 * small enough.
 */
export const writePrairieLearn: ReportWriter = (report, options) => {
  const submission = onlySubmission(report, 'PrairieLearn')
  const view = studentView(submission, report, options)
  for (let most = 100_000; ; most = Math.floor(most / 2)) {
    const text = `${printableJson(toResult(submission, view, options, most), 2)}\n`
    if (Buffer.byteLength(text) <= mostBytes || most < 1) return text
  }
}

function toResult(
  submission: ReportSubmission,
  { rows, remarks, texts }: StudentView,
  { compileErrors = 'score' }: WriterOptions,
  most: number,
) {
  const { build, points, maxPoints, complete, gradable } = submission
  const message = cutMiddle(remarks.join('\n\n'), most)
  const isInvalid = compileErrors === 'format-error' && build?.status === 'failed'
  if (isInvalid || (complete && !gradable)) {
    const why = isInvalid ? visible(build?.studentMessage ?? '') : texts.notGraded
    return { gradable: false, score: 0, message, format_errors: [cutMiddle(why, most)] }
  }
  return {
    gradable: true,
    score: maxPoints === 0 ? 0 : Math.min(1, points / maxPoints),
    message,
    output: '',
    images: [],
    tests: rows.map((row) => ({
      name: row.name,
      description: '',
      points: row.points,
      max_points: row.maxPoints,
      message: cutMiddle(row.message, most),
      output: '',
      images: [],
    })),
  }
}
