import { visible } from '../../../units/visible.ts'
import type { Report, ReportSubmission } from '../../report/report-schema.ts'
import { studentView } from '../student-view.ts'
import type { WriterOptions } from '../writer.ts'
import { withoutNames } from './without-names.ts'

/** The part of a submission that a student may see. */
export interface StudentPage {
  readonly points: number | null
  readonly maxPoints: number
  readonly remarks: readonly string[]
  readonly rows: readonly {
    readonly name: string
    readonly points: number
    readonly maxPoints: number
    readonly status: string
    readonly message: string
  }[]
}

/** A submission on the page; `staff` is absent on a page for a student. */
export interface PageSubmission {
  readonly label: string
  readonly student: StudentPage
  readonly staff?: ReportSubmission
}

/** All data that the page shows. The HTML file contains this data as JSON. */
export interface PageData {
  readonly assignment: string
  readonly updatedAt: string
  readonly maxPoints: number
  readonly tests: Report['assignment']['tests']
  readonly submissions: readonly PageSubmission[]
}

/** The data of a page for staff: the class, with the whole report. */
export function classPage(report: Report, options: WriterOptions): PageData {
  const clean = options.anonymous ? withoutNames(report) : undefined
  const submissions = report.submissions.map((submission, index) => {
    const student = studentPage(submission, report, options)
    if (clean === undefined) return { label: labelOf(submission), student, staff: submission }
    const staff = anonymous(clean(submission), index)
    return { label: staff.id, student: clean(student), staff }
  })
  return { ...head(report), tests: report.assignment.tests, submissions }
}

/** The data of a page for one student, without any data for staff. */
export function handoutPage(
  submission: ReportSubmission,
  report: Report,
  options: WriterOptions,
): PageData {
  const student = studentPage(submission, report, options)
  return { ...head(report), tests: [], submissions: [{ label: labelOf(submission), student }] }
}

const head = ({ assignment, updatedAt }: Report) => ({
  assignment: assignment.name,
  updatedAt,
  maxPoints: assignment.maxPoints,
})

function studentPage(
  submission: ReportSubmission,
  report: Report,
  options: WriterOptions,
): StudentPage {
  const { rows, remarks, texts } = studentView(submission, report, options)
  return {
    points: submission.gradable ? submission.points : null,
    maxPoints: submission.maxPoints,
    remarks,
    rows: rows.map((row) => ({ ...row, status: texts.statuses[row.status] })),
  }
}

function labelOf({ id, people }: ReportSubmission): string {
  const names = people.flatMap(({ name }) => name ?? []).join(', ')
  return visible(names === '' || names === id ? id : `${names} (${id})`)
}

// Removes the texts that name a person: the id, the people, the path, the platform's metadata and the problems. A
// problem can name the path.
function anonymous(submission: ReportSubmission, index: number): ReportSubmission {
  const id = `submission ${index + 1}`
  return { ...submission, id, people: [], source: '', metadata: {}, problems: [] }
}
