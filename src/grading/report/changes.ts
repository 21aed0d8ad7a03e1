import { visibleLine } from '../../units/visible.ts'
import { addPoints, formatPoints } from './points.ts'
import type { Report, ReportSubmission, ReportTest } from './report-schema.ts'

/** The difference of one submission between two reports. */
export interface SubmissionChange {
  readonly id: string
  readonly kind: 'gained' | 'lost' | 'changed' | 'new' | 'gone'
  /** The points in the reports `before` and `after`. Absent if the report does not have the submission or its grade. */
  readonly before?: number
  readonly after?: number
  /** One line for each test that differs, for a different build status, and for different adjustments. */
  readonly reasons: readonly string[]
}

/**
 * The changes between two reports of an assignment: the submissions that gained or lost points, and the tests that
 * caused the change. The list has no unchanged submissions.
 */
export function compareReports(before: Report, after: Report): readonly SubmissionChange[] {
  const old = new Map(before.submissions.map((submission) => [submission.id, submission]))
  const now = new Map(after.submissions.map((submission) => [submission.id, submission]))
  const ids = [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => (a < b ? -1 : 1))
  return ids.flatMap((id) => {
    const change = compareSubmissions(id, old.get(id), now.get(id))
    return change === undefined ? [] : [change]
  })
}

/** The changes as lines for a terminal. */
export function changeLines(changes: readonly SubmissionChange[]): string[] {
  if (changes.length === 0) return ['No result changed.']
  const width = columnWidth(changes)
  return changes.flatMap(({ id, kind, before, after, reasons }) => [
    `  ${visibleLine(id).padEnd(width)}  ${kind}: ${pointsText(before)} -> ${pointsText(after)}`,
    ...reasons.map((reason) => `    ${reason}`),
  ])
}

const WIDEST_COLUMN = 40

/** The width of a column of ids, at most `WIDEST_COLUMN`. A longer id moves the columns of only its own line. */
export function columnWidth(rows: readonly { readonly id: string }[]): number {
  const widths = rows.map(({ id }) => visibleLine(id).length)
  return widths.reduce((most, width) => Math.min(WIDEST_COLUMN, Math.max(most, width)), 0)
}

const pointsText = (points: number | undefined) =>
  points === undefined ? 'not graded' : formatPoints(points)

const gradeOf = (submission: ReportSubmission | undefined) =>
  submission?.gradable ? submission.points : undefined

function compareSubmissions(
  id: string,
  before: ReportSubmission | undefined,
  after: ReportSubmission | undefined,
): SubmissionChange | undefined {
  const [old, now] = [gradeOf(before), gradeOf(after)]
  const points = {
    ...(old === undefined ? {} : { before: old }),
    ...(now === undefined ? {} : { after: now }),
  }
  if (before === undefined) return { id, kind: 'new', ...points, reasons: [] }
  if (after === undefined) return { id, kind: 'gone', ...points, reasons: [] }
  const reasons = [
    ...buildReasons(before, after),
    ...testReasons(before, after),
    ...adjustmentReasons(before, after),
  ]
  if (reasons.length === 0 && old === now) return undefined
  return { id, kind: kindOf(old, now), ...points, reasons }
}

function kindOf(old: number | undefined, now: number | undefined): SubmissionChange['kind'] {
  if (old === undefined || now === undefined || old === now) return 'changed'
  return now > old ? 'gained' : 'lost'
}

function buildReasons(
  { build: old }: ReportSubmission,
  { build: now }: ReportSubmission,
): string[] {
  return old?.status === now?.status
    ? []
    : [`build: ${old?.status ?? 'none'} -> ${now?.status ?? 'none'}`]
}

function testReasons({ tests: old }: ReportSubmission, { tests: now }: ReportSubmission): string[] {
  const names = [...new Set([...old, ...now].map(({ name }) => name))]
  const find = (tests: readonly ReportTest[], name: string) =>
    tests.find((test) => test.name === name)
  return names.flatMap((name) => {
    const [one, two] = [find(old, name), find(now, name)]
    if (one?.status === two?.status && one?.points === two?.points) return []
    return [`${visibleLine(name)}: ${testText(one)} -> ${testText(two)}`]
  })
}

const testText = (test: ReportTest | undefined) =>
  test === undefined ? 'not there' : `${test.status} (${formatPoints(test.points)})`

function adjustmentReasons(before: ReportSubmission, after: ReportSubmission): string[] {
  const total = ({ adjustments }: ReportSubmission) =>
    addPoints(...adjustments.map(({ points }) => points))
  const [old, now] = [total(before), total(after)]
  return old === now ? [] : [`adjustments: ${formatPoints(old)} -> ${formatPoints(now)}`]
}
