import { SandboxError } from '../../errors/sandbox-error.ts'
import { quoted, visible, visibleLine } from '../../units/visible.ts'
import { addPoints, formatPoints } from '../report/points.ts'
import type { Report, ReportSubmission, ReportTest } from '../report/report-schema.ts'
import type { WriterOptions } from './writer.ts'
import { type WriterTexts, writerTexts } from './writer-texts.ts'

/** One line of a student's result: a visible test, or all hidden tests together. */
export interface StudentRow {
  readonly name: string
  readonly points: number
  readonly maxPoints: number
  readonly status: ReportTest['status']
  readonly message: string
}

/** The facts about a submission that its student may know, on a platform that shows all facts at once. */
export interface StudentView {
  readonly texts: WriterTexts
  readonly rows: readonly StudentRow[]
  /** Texts about the whole submission: a failed build, deductions, a grading that did not finish. */
  readonly remarks: readonly string[]
}

/**
 * Returns the only submission of a report, for a format that holds a single submission.
 *
 * @throws {SandboxError} OPTION_INVALID for a report with another number of submissions
 */
export function onlySubmission({ submissions }: Report, format: string): ReportSubmission {
  const [only] = submissions
  if (only !== undefined && submissions.length === 1) return only
  throw new SandboxError(
    `A ${format} file is for one submission, and this report has ${submissions.length}`,
    {
      code: 'OPTION_INVALID',
      hint: 'Write one file per submission with `splitReport()`, or choose `csv`, `moodle`, `canvas` or `html` for a class.',
    },
  )
}

/**
 * Makes the student's view of a submission. All tests that a student may not see become one row, so that the points add
 * up. This row reveals neither how many tests are hidden nor which tests failed.
 */
export function studentView(
  submission: ReportSubmission,
  { assignment }: Report,
  options: WriterOptions,
): StudentView {
  const texts = writerTexts(options.language ?? assignment.language)
  const shown = submission.tests.filter(isShown)
  const secret = submission.tests.filter((test) => !isShown(test))
  const rows = shown.map(
    ({ name, points, maxPoints, extraCredit, status, studentMessage }): StudentRow => ({
      name: visibleLine(name),
      points,
      maxPoints: extraCredit ? 0 : maxPoints,
      status,
      message: visible(studentMessage),
    }),
  )
  if (secret.length > 0) rows.push(joinedRow(secret, texts))
  return { texts, rows, remarks: remarksOf(submission, assignment.tests.length, texts) }
}

/** Whether a student may see a test at once. */
export const isShown = ({ visibility }: Pick<ReportTest, 'visibility'>): boolean =>
  visibility === 'visible'

/**
 * The test's name if a student may see the test at once, and otherwise the test's number. The title of a test from a
 * table contains the test's input.
 */
export const shownName = (test: ReportTest, texts: WriterTexts): string =>
  isShown(test) ? visibleLine(test.name) : texts.hiddenTest(test.number)

/** The test's message if a student may see the test at once, and otherwise an empty text. */
export const shownMessage = (test: ReportTest): string =>
  isShown(test) ? visible(test.studentMessage) : ''

/** The remarks for the student about the whole submission. */
export function remarksOf(
  submission: ReportSubmission,
  allTests: number,
  texts: WriterTexts,
): string[] {
  const { build, adjustments, tests, complete, gradable } = submission
  return [
    ...(complete || tests.length === 0 ? [] : [texts.notFinished(tests.length, allTests)]),
    ...(gradable || !complete ? [] : [texts.notGraded]),
    ...(build?.status === 'failed' ? [`${texts.build}: ${visible(build.studentMessage)}`] : []),
    ...adjustments.map(
      ({ name, points, message }) =>
        `${texts.adjustment}: ${visibleLine(name)}, ${formatPoints(points)}${message === '' ? '' : `: ${visible(message)}`}`,
    ),
  ]
}

function joinedRow(tests: readonly ReportTest[], texts: WriterTexts): StudentRow {
  const counted = tests.map(({ maxPoints, extraCredit }) => (extraCredit ? 0 : maxPoints))
  return {
    name: texts.hiddenTests,
    points: addPoints(...tests.map(({ points }) => points)),
    maxPoints: addPoints(...counted),
    status: joinedStatus(tests),
    message: '',
  }
}

function joinedStatus(tests: readonly ReportTest[]): ReportTest['status'] {
  const has = (status: ReportTest['status']) => tests.some((test) => test.status === status)
  if (has('error')) return 'error'
  if (tests.every(({ status }) => status === 'passed')) return 'passed'
  if (tests.every(({ status }) => status === 'blocked')) return 'blocked'
  return has('passed') || has('partial') ? 'partial' : 'failed'
}

/**
 * Quotes every line, so that a platform reads no line as a command.
 *
 * @example quotedLines('Grade :=>> 100') // '> Grade :=>> 100'
 */
export const quotedLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')

/**
 * Returns an environment variable that the platform sets.
 *
 * @throws {SandboxError} OPTION_INVALID when the variable is not set
 */
export function platformVariable(name: string, format: string, options: WriterOptions): string {
  const value = options.environment?.[name]
  if (value !== undefined && value !== '') return value
  throw new SandboxError(
    `The ${format} format needs the environment variable ${name}, got ${quoted(value ?? null)}`,
    { code: 'OPTION_INVALID', hint: `The platform's runner sets ${name}; run the grading there.` },
  )
}
