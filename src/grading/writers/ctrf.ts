import { printableJson, visibleLine } from '../../units/visible.ts'
import type {
  Report,
  ReportAttempt,
  ReportSubmission,
  ReportTest,
} from '../report/report-schema.ts'
import { shownMessage, shownName } from './student-view.ts'
import type { ReportWriter } from './writer.ts'
import { type WriterTexts, writerTexts } from './writer-texts.ts'

/**
 * Common Test Report Format (ctrf.io, specification 0.0.0), with points in `extra`. The names and messages contain only
 * text that students may read.
 */
export const writeCtrf: ReportWriter = (report, options) => {
  const texts = writerTexts(options.language ?? report.assignment.language)
  const tests = report.submissions.flatMap((submission) =>
    submission.tests.map((test) => toTest(test, submission, report, texts)),
  )
  const count = (status: string) => tests.filter((test) => test.status === status).length
  const start = Date.parse(report.startedAt)
  const stop = Date.parse(report.updatedAt)
  const document = {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    timestamp: report.updatedAt,
    generatedBy: 'gradebox',
    results: {
      tool: { name: 'gradebox', version: report.gradebox },
      summary: {
        tests: tests.length,
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped'),
        pending: count('pending'),
        other: count('other'),
        suites: report.submissions.length,
        start,
        stop,
        duration: stop - start,
        extra: { assignment: report.assignment.name, maxPoints: report.assignment.maxPoints },
      },
      tests,
      extra: {
        submissions: report.submissions.map(({ id, points, maxPoints, gradable, complete }) => ({
          id,
          points: gradable ? points : null,
          maxPoints,
          gradable,
          complete,
        })),
      },
    },
  }
  return `${printableJson(document, 2)}\n`
}

// A test that the grader could not judge is neither passed nor failed.
const statuses = {
  passed: 'passed',
  partial: 'failed',
  failed: 'failed',
  blocked: 'failed',
  error: 'other',
} as const satisfies Record<ReportTest['status'], string>

function toTest(
  test: ReportTest,
  submission: ReportSubmission,
  { assignment }: Report,
  texts: WriterTexts,
) {
  const { attempts, status } = test
  const message = shownMessage(test)
  return {
    name: `${visibleLine(submission.id)}: ${shownName(test, texts)}`,
    status: statuses[status],
    rawStatus: status,
    duration: Math.round(test.durationMs),
    suite: [
      visibleLine(assignment.name),
      visibleLine(submission.id),
      ...(test.group === undefined ? [] : [visibleLine(test.group)]),
    ],
    ...(message === '' ? {} : { message }),
    ...(attempts.length < 2
      ? {}
      : {
          retries: attempts.length - 1,
          flaky: status === 'passed',
          retryAttempts: attempts.map(toAttempt),
        }),
    extra: {
      points: test.points,
      maxPoints: test.maxPoints,
      extraCredit: test.extraCredit,
      visibility: test.visibility,
    },
  }
}

const toAttempt = ({ status }: ReportAttempt, index: number) => ({
  attempt: index + 1,
  status: statuses[status],
})
