import { formatPoints } from '../report/points.ts'
import type { ReportPerson } from '../report/report-schema.ts'
import { toCsv } from './csv.ts'
import { peopleOf } from './moodle.ts'
import type { ReportWriter } from './writer.ts'

/**
 * CSV for Canvas's gradebook import. Five columns identify the student, and the sixth column has the student's points.
 * The second row has the possible points. Canvas finds a student by Canvas's own number (`ID`), or otherwise by the SIS
 * ids. A submission that is not gradable has an empty cell, which Canvas ignores.
 */
export const writeCanvas: ReportWriter = ({ assignment, submissions }) => {
  const header = ['Student', 'ID', 'SIS User ID', 'SIS Login ID', 'Section', assignment.name]
  const possible = ['    Points Possible', '', '', '', '', formatPoints(assignment.maxPoints)]
  const rows = submissions.flatMap((submission) => {
    const points = submission.gradable ? formatPoints(submission.points) : ''
    return peopleOf(submission).map((person) => [...identity(person, submission.id), '', points])
  })
  return toCsv([header, possible, ...rows])
}

function identity({ id = '', name, email = '' }: ReportPerson, submission: string): string[] {
  const isCanvasId = /^\d+$/.test(id)
  return [name ?? submission, isCanvasId ? id : '', isCanvasId ? '' : id, email]
}
