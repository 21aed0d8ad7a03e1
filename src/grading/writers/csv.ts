import { stringify } from 'csv-stringify/sync'
import { visible } from '../../units/visible.ts'
import { formatPoints } from '../report/points.ts'
import { hasNoProgram } from '../report/program-problem.ts'
import type { Report, ReportSubmission } from '../report/report-schema.ts'
import type { ReportWriter } from './writer.ts'

/**
 * One row per submission: the people, the points, and the points of each test. A submission that is not
 * gradable has no points, because a 0 would look like a grade.
 */
export const writeCsv: ReportWriter = ({ assignment, submissions }) => {
  const header = [
    'id',
    'names',
    'emails',
    'language',
    'points',
    'max_points',
    'status',
    ...assignment.tests.map(({ number, name }) => `${number} ${name}`),
    'adjustments',
    'problems',
  ]
  return toCsv([header, ...submissions.map((submission) => row(submission, assignment))])
}

/** Makes CSV text in which no cell is a spreadsheet formula or contains a control character for a terminal. */
export function toCsv(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => withoutFormula(visible(cell))))
  return stringify(cells, { record_delimiter: 'windows', quoted_match: /[\r\n]/ })
}

const number = /^-?\d+(\.\d+)?$/

// A spreadsheet runs a cell as a formula if the cell starts with one of these characters, also after white space. A
// number is safe.
function withoutFormula(cell: string): string {
  return /^\s*[=+\-@|\t\r＝＋－＠]/u.test(cell) && !number.test(cell) ? `'${cell}` : cell
}

function row(submission: ReportSubmission, assignment: Report['assignment']): string[] {
  const { id, people, language, gradable, maxPoints, adjustments, problems } = submission
  const list = (field: 'name' | 'email') =>
    people.flatMap((person) => person[field] ?? []).join('; ')
  return [
    id,
    list('name'),
    list('email'),
    language?.title ?? '',
    gradable ? formatPoints(submission.points) : '',
    formatPoints(maxPoints),
    statusOf(submission),
    ...assignment.tests.map(({ number: wanted }) => testCell(submission, wanted)),
    adjustments.map(({ name, points }) => `${name} ${formatPoints(points)}`).join('; '),
    problems.join('; '),
  ]
}

function statusOf(submission: ReportSubmission): string {
  if (submission.gradable) return hasNoProgram(submission) ? 'no program' : 'graded'
  return submission.complete ? 'not gradable' : 'incomplete'
}

function testCell({ tests }: ReportSubmission, wanted: number): string {
  const test = tests.find(({ number }) => number === wanted)
  if (test === undefined) return ''
  return test.status === 'error' ? 'error' : formatPoints(test.points)
}
