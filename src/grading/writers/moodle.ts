import { formatPoints } from '../report/points.ts'
import type { Report, ReportPerson, ReportSubmission } from '../report/report-schema.ts'
import { toCsv } from './csv.ts'
import { studentText } from './student-text.ts'
import type { ReportWriter, WriterOptions } from './writer.ts'

/**
 * CSV for Moodle's grade import (docs.moodle.org, "Grade import"). In the import, map `ID number` or `Email address` to
 * the user, and the last two columns to the assignment. Every row has a grade, because Moodle deletes a grade when a
 * row contains only feedback. Submissions that are not gradable therefore have no row.
 */
export const writeMoodle: ReportWriter = (report, options) => {
  const { name } = report.assignment
  const header = ['ID number', 'Email address', 'Name', name, `${name} (feedback)`]
  const rows = report.submissions
    .filter(({ gradable }) => gradable)
    .flatMap((submission) =>
      peopleOf(submission).map((person) => row(person, submission, report, options)),
    )
  return toCsv([header, ...rows])
}

/** The people of a submission. A person who has neither an id nor an address gets the submission's id. */
export function peopleOf({ id, people }: ReportSubmission): readonly ReportPerson[] {
  if (people.length === 0) return [{ id, name: id }]
  return people.map((person) =>
    person.id === undefined && person.email === undefined ? { ...person, id } : person,
  )
}

function row(
  { id, email, name }: ReportPerson,
  submission: ReportSubmission,
  report: Report,
  options: WriterOptions,
): string[] {
  return [
    id ?? '',
    email ?? '',
    name ?? '',
    formatPoints(submission.points),
    studentText(submission, report, options),
  ]
}
