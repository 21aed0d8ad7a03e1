import { SandboxError } from '../../errors/sandbox-error.ts'
import type { Report, ReportSubmission, ReportTest } from './report-schema.ts'
import { type Plan, scoreSubmission } from './score.ts'

/**
 * Joins reports of one assignment, such as the reports of several workers or machines. A submission in several reports
 * gets the tests of all these reports.
 *
 * @throws {SandboxError} OPTION_INVALID for reports of different assignments, and if two reports have the same test of
 *   one submission
 */
export function mergeReports(reports: readonly Report[]): Report {
  const [first, ...others] = reports
  if (first === undefined) {
    throw new SandboxError('There is no report to merge', { code: 'OPTION_INVALID' })
  }
  for (const other of others) checkSameAssignment(first, other)
  const byId = new Map<string, ReportSubmission>()
  for (const submission of reports.flatMap(({ submissions }) => submissions)) {
    const known = byId.get(submission.id)
    byId.set(submission.id, known === undefined ? submission : join(known, submission))
  }
  const { shard: _, ...base } = first
  return finishReport({
    ...base,
    startedAt: reports.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt,
    updatedAt:
      reports
        .map(({ updatedAt }) => updatedAt)
        .sort()
        .at(-1) ?? first.updatedAt,
    submissions: [...byId.values()],
  })
}

/** Orders and scores the submissions of a report, and sets the report's `complete`. */
export function finishReport(report: Report): Report {
  const submissions = orderSubmissions(report.submissions).map((submission) =>
    scoreSubmission(submission, report.assignment),
  )
  return { ...report, submissions, complete: submissions.every(({ complete }) => complete) }
}

/** Sorts submissions by id, which is their order in a report. */
export const orderSubmissions = (submissions: readonly ReportSubmission[]): ReportSubmission[] =>
  [...submissions].sort((a, b) => compareIds(a.id, b.id))

// The order does not depend on the locale, so every machine has the same order.
function compareIds(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function checkSameAssignment({ assignment: one }: Report, { assignment: other }: Report): void {
  if (one.name !== other.name) {
    throw mixed(`"${one.name}" and "${other.name}" are different assignments`)
  }
  if (planText(one) === planText(other)) return
  throw mixed(`the tests of "${one.name}" differ between the reports`)
}

const planText = ({ tests, groups }: Plan) => JSON.stringify([tests, groups])

function mixed(why: string): SandboxError {
  return new SandboxError(`The reports cannot be merged: ${why}`, {
    code: 'OPTION_INVALID',
    hint: 'Merge reports that one version of one assignment wrote.',
  })
}

function join(one: ReportSubmission, other: ReportSubmission): ReportSubmission {
  const numbers = new Set(one.tests.map(({ number }) => number))
  const twice = other.tests.find(({ number }) => numbers.has(number))
  if (twice !== undefined) throw judgedTwice(one, twice)
  return {
    ...other,
    ...one,
    tests: [...one.tests, ...other.tests],
    adjustments: one.adjustments.length > 0 ? one.adjustments : other.adjustments,
    problems: [...new Set([...one.problems, ...other.problems])],
  }
}

function judgedTwice({ id }: ReportSubmission, { number, name }: ReportTest): SandboxError {
  return new SandboxError(
    `The reports cannot be merged: two of them have test ${number} ("${name}") of submission "${id}"`,
    { code: 'OPTION_INVALID', hint: 'Give each report other submissions or other tests.' },
  )
}
