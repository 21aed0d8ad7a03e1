import { printableJson, visible, visibleLine } from '../../units/visible.ts'
import type { ReportSubmission, ReportTest, Visibility } from '../report/report-schema.ts'
import { onlySubmission, remarksOf } from './student-view.ts'
import type { ReportWriter, WriterOptions } from './writer.ts'
import { type WriterTexts, writerTexts } from './writer-texts.ts'

/**
 * `results.json` of Gradescope (gradescope-autograders.readthedocs.io, "Autograder Specifications"). Gradescope has
 * visibilities of its own, so hidden tests stay separate tests. A submission that is not gradable because of an error in
 * a test or build has no score. Gradescope then reports that the autograder failed, and staff can run the autograder
 * again.
 */
export const writeGradescope: ReportWriter = (report, options) => {
  const submission = onlySubmission(report, 'Gradescope')
  const texts = writerTexts(options.language ?? report.assignment.language)
  const hasScore = submission.gradable || !hasTrouble(submission)
  const result = {
    ...(hasScore ? { score: submission.points } : {}),
    execution_time: seconds(submission.tests),
    output: remarksOf(submission, report.assignment.tests.length, texts).join('\n\n'),
    output_format: 'text',
    visibility: 'visible',
    stdout_visibility: 'hidden',
    extra_data: {
      gradebox: report.gradebox,
      maxPoints: submission.maxPoints,
      gradable: submission.gradable,
      complete: submission.complete,
    },
    tests: submission.tests.map((test) => toTest(test, hasScore, texts, options)),
    leaderboard: [],
  }
  return `${printableJson(result, 2)}\n`
}

const visibilities: Readonly<Record<Visibility, string>> = {
  visible: 'visible',
  'after-due-date': 'after_due_date',
  'after-published': 'after_published',
  hidden: 'hidden',
}

function toTest(
  test: ReportTest,
  hasScore: boolean,
  texts: WriterTexts,
  { hiddenTests }: WriterOptions,
) {
  const { number, name, group, points, maxPoints, extraCredit, status, visibility } = test
  const shownAs = visibility === 'hidden' ? (hiddenTests ?? 'hidden') : visibility
  // The title of a test from a table contains the test's input, and students can read the title of a published test.
  const isPublished = visibility === 'hidden' && shownAs !== 'hidden'
  return {
    ...(hasScore ? { score: points, max_score: extraCredit ? 0 : maxPoints } : {}),
    status: status === 'passed' ? 'passed' : 'failed',
    name: isPublished ? texts.hiddenTest(number) : visibleLine(name),
    number: String(number),
    // The message of a hidden test would appear if staff changed the test's visibility on the platform.
    output: visibility === 'hidden' ? '' : visible(test.studentMessage),
    output_format: 'text',
    tags: group === undefined ? [] : [visibleLine(group)],
    visibility: visibilities[shownAs],
    extra_data: { status },
  }
}

const hasTrouble = ({ tests, build }: ReportSubmission) =>
  build?.status === 'error' || tests.some(({ status }) => status === 'error')

const seconds = (tests: readonly ReportTest[]) =>
  Math.round(tests.reduce((sum, { durationMs }) => sum + durationMs, 0)) / 1000
