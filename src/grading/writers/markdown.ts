import { visibleLine } from '../../units/visible.ts'
import { formatPoints } from '../report/points.ts'
import type { Report, ReportSubmission } from '../report/report-schema.ts'
import { type StudentView, studentView } from './student-view.ts'
import type { ReportWriter, WriterOptions } from './writer.ts'
import { writerTexts } from './writer-texts.ts'

/** GitHub refuses a job summary of more than 1 MiB. */
const mostCharacters = 900_000

/**
 * Markdown for `$GITHUB_STEP_SUMMARY`: one submission with its messages, or a table of the class. Students may read the
 * whole text.
 */
export const writeMarkdown: ReportWriter = (report, options) => {
  const [only] = report.submissions
  const body =
    only !== undefined && report.submissions.length === 1
      ? oneSubmission(only, report, options)
      : classTable(report, options)
  const text = `# ${cell(report.assignment.name)}\n\n${body}`
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}\n\n…\n`
}

function oneSubmission(
  submission: ReportSubmission,
  report: Report,
  options: WriterOptions,
): string {
  const view = studentView(submission, report, options)
  const { texts, rows, remarks } = view
  const total = texts.points(formatPoints(submission.points), formatPoints(submission.maxPoints))
  return [
    ...(submission.gradable ? [`**${total}**`] : []),
    ...remarks.map(fenced),
    testTable(view),
    ...rows
      .filter(({ message }) => message !== '')
      .flatMap(({ name, message }) => [`### ${cell(name)}`, fenced(message)]),
    '',
  ].join('\n\n')
}

const testTable = ({ rows, texts }: StudentView) =>
  table([
    ['', '', ''],
    ...rows.map(({ name, status, points, maxPoints }) => [
      name,
      `${marks[status]} ${texts.statuses[status]}`,
      `${formatPoints(points)} / ${formatPoints(maxPoints)}`,
    ]),
  ])

const marks = { passed: '✅', partial: '🟡', failed: '❌', error: '⚠️', blocked: '⛔' } as const

function classTable({ assignment, submissions }: Report, { language }: WriterOptions): string {
  const texts = writerTexts(language ?? assignment.language)
  const rows = submissions.map(({ id, gradable, points, maxPoints }) => [
    id,
    gradable ? texts.points(formatPoints(points), formatPoints(maxPoints)) : texts.statuses.error,
  ])
  return `${table([['', ''], ...rows])}\n`
}

function table([header = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(header), `|${header.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n')
}

// Escapes all markup in a cell: links, images, tags.
const cell = (text: string) => visibleLine(text).replace(/[\\`*_{}[\]()<>#!|~&@:-]/g, '\\$&')

// Makes a code block whose fence is longer than any fence in the text.
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}
