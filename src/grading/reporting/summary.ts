import { visibleLine } from '../../units/visible.ts'
import { columnWidth } from '../report/changes.ts'
import { formatPoints } from '../report/points.ts'
import { hasNoProgram } from '../report/program-problem.ts'
import type { ProblemCode, Report, ReportSubmission } from '../report/report-schema.ts'

/**
 * The summary of a grading for the terminal: points per submission, and the submissions that could not be graded.
 */
export function summaryLines({ assignment, submissions }: Report): string[] {
  const width = columnWidth(submissions)
  return [
    `${visibleLine(assignment.name)}: ${count(submissions.length, 'submission')}`,
    ...submissions.flatMap((submission) => submissionLines(submission, width)),
    ...programlessLines(submissions),
  ]
}

/** Why no test could run a submission, in words for the staff. */
const problemWords: Readonly<Record<ProblemCode, string>> = {
  empty: 'no program: no files',
  'no-program': 'no program among its files',
  'several-languages': 'no program: programs in several languages',
  'several-programs': 'no program: several programs',
  'no-start': 'no program: no file with `main`',
  'too-large': 'no program: too large',
  unreadable: 'no program: a file that cannot be read',
  'build-failed': 'the build failed',
  'built-nothing': 'no program: its Makefile built no program',
  'built-several': 'no program: its Makefile built several programs',
}

/** The last line of the summary names at most this many submissions. */
const mostNamed = 10

// Lists these submissions separately. Otherwise, the staff could take an empty or broken upload for a wrong program.
function programlessLines(submissions: readonly ReportSubmission[]): string[] {
  const names = submissions.filter(hasNoProgram).map(({ id }) => visibleLine(id))
  if (names.length === 0) return []
  const more = names.length > mostNamed ? ', …' : ''
  const listed = names.slice(0, mostNamed).join(', ')
  return [`Without a program: ${count(names.length, 'submission')} (${listed}${more})`]
}

function submissionLines(submission: ReportSubmission, width: number): string[] {
  const { id, language, problems, build } = submission
  const name = visibleLine(id).padEnd(width)
  const title = language === undefined ? '' : `  ${language.title}`
  const why = build?.problem === undefined ? '' : `  ${problemWords[build.problem]}`
  const line = `  ${name}  ${result(submission)}${title}${why}`
  return [line, ...problems.map((problem) => `    ${visibleLine(problem.split('\n')[0] ?? '')}`)]
}

function result({ gradable, complete, points, maxPoints, tests }: ReportSubmission): string {
  if (gradable) return `${formatPoints(points)} of ${formatPoints(maxPoints)} points`
  return complete ? 'NOT GRADABLE' : `incomplete, ${count(tests.length, 'test')} done`
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`

/** Whether a problem that is not the student's fault prevented the grading of any submission. */
export function hasTrouble({ submissions }: Report): boolean {
  return submissions.some(
    ({ problems, tests, build }) =>
      problems.length > 0 ||
      build?.status === 'error' ||
      tests.some(({ status }) => status === 'error'),
  )
}
