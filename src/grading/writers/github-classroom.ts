import type { Report } from '../report/report-schema.ts'
import { onlySubmission, studentView } from './student-view.ts'
import { type WholePoints, type WholeRow, wholePoints } from './whole-points.ts'
import type { ReportWriter, WriterOptions } from './writer.ts'

/**
 * The `result` output of a GitHub Classroom runner, in base64, for the action `autograding-grading-reporter`.
 *
 * The reporter computes two totals. The table's total is the number of passed tests, and the notice's total is the sum
 * of the tests' scores. Both totals equal Gradebox's total, because the writer makes each point a separate test with a
 * maximum score of 1.
 */
export const writeGitHubClassroom: ReportWriter = (report, options) => {
  const { whole, points } = pointsOf(report, options)
  const result = {
    version: 1,
    status: points.every(({ status }) => status === 'pass') ? 'pass' : 'fail',
    max_score: whole.maxPoints,
    tests: points,
  }
  return Buffer.from(JSON.stringify(result)).toString('base64')
}

/**
 * The two workflow commands from which GitHub Classroom reads a grade when no reporter runs. A step of the workflow
 * must print both commands. A submission that is not gradable gives an error command and no grade.
 */
export const writeGitHubNotices: ReportWriter = (report, options) => {
  const submission = onlySubmission(report, 'GitHub Classroom')
  const { texts, rows } = studentView(submission, report, options)
  if (!submission.gradable) return `::error title=Autograding::${command(texts.notGraded)}\n`
  const { total, maxPoints } = wholePoints(rows, submission.points, submission.maxPoints)
  const data = JSON.stringify({ totalPoints: total, maxPoints })
  return [
    `::notice title=Autograding complete::Points ${total}/${maxPoints}`,
    `::notice title=Autograding report::${command(data)}`,
    '',
  ].join('\n')
}

// A line end would end the command, and `%` starts an escape (actions/toolkit, "command.ts").
const command = (text: string) =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

interface Point {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'error'
  readonly score: number
  readonly message: string
  readonly test_code: string
  readonly filename: string
  readonly line_no: number
  readonly execution_time: string
}

function pointsOf(
  report: Report,
  options: WriterOptions,
): { readonly whole: WholePoints; readonly points: readonly Point[] } {
  const submission = onlySubmission(report, 'GitHub Classroom')
  const view = studentView(submission, report, options)
  const whole = wholePoints(view.rows, submission.points, submission.maxPoints)
  if (!submission.gradable) {
    const point = { ...toPoint(view.texts.notGraded, false, ''), status: 'error' as const }
    return { whole: { ...whole, maxPoints: 0 }, points: [point] }
  }
  const few = fewPoints(whole, view.texts.allTests)
  return { whole: few, points: withTotal(few.rows.flatMap(rowPoints), few, view.remarks) }
}

/** The most points in the output, because each point is a test there and a runner's output has at most 1 MiB. */
const mostPoints = 1000

// Reduces the points to the smallest whole numbers with the same ratios. If the maximum is still above 1000 points, one
// row with 1000 points replaces all rows.
function fewPoints(whole: WholePoints, name: string): WholePoints {
  const divisor = [whole.total, ...whole.rows.flatMap((row) => [row.points, row.maxPoints])]
    .map(Math.abs)
    .reduce(greatestCommonDivisor, whole.maxPoints)
  const few = scaled(whole, (points) => points / Math.max(1, divisor))
  if (few.maxPoints <= mostPoints) return few
  const total = Math.round((few.total / few.maxPoints) * mostPoints)
  const isFull = total >= mostPoints
  const row = { name, points: total, maxPoints: mostPoints, message: '' }
  return {
    ...few,
    total,
    maxPoints: mostPoints,
    rows: [{ ...row, status: isFull ? 'passed' : 'partial' }],
  }
}

const scaled = (whole: WholePoints, scale: (points: number) => number): WholePoints => ({
  ...whole,
  total: scale(whole.total),
  maxPoints: scale(whole.maxPoints),
  rows: whole.rows.map((row) => ({
    ...row,
    points: scale(row.points),
    maxPoints: scale(row.maxPoints),
  })),
})

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)

function rowPoints({ name, points, maxPoints, message }: WholeRow): Point[] {
  return Array.from({ length: Math.max(points, maxPoints) }, (_, index) => {
    const place = maxPoints === 1 ? name : `${name} (${index + 1}/${maxPoints})`
    return toPoint(place, index < points, index === points ? message : '')
  })
}

// Extra credit turns failed points into passed points, and a deduction turns passed points into failed points.
function withTotal(points: Point[], { total, maxPoints }: WholePoints, remarks: readonly string[]) {
  const wanted = Math.min(total, maxPoints)
  const kept = [...points].sort((a, b) => b.score - a.score).slice(0, maxPoints)
  const passed = kept.filter(({ score }) => score === 1).length
  const note = remarks.join('\n\n')
  const changed = kept.map((point, index) => {
    if (index < wanted && index >= passed) return { ...point, status: 'pass' as const, score: 1 }
    if (index >= wanted && index < passed) return { ...toPoint(point.name, false, note) }
    return point
  })
  return changed
}

const toPoint = (name: string, isPassed: boolean, message: string): Point => ({
  name,
  status: isPassed ? 'pass' : 'fail',
  score: isPassed ? 1 : 0,
  message,
  test_code: '',
  filename: '',
  line_no: 0,
  execution_time: '0s',
})
