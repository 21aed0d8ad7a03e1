import type { ReportRun, ReportSubmission, ReportTest } from '../../../report/report-schema.ts'
import type { PageSubmission } from '../data.ts'
import { diff } from './compare-lines.ts'
import { block, type Content, el, safe } from './dom.ts'
import { duration, points, signs, size } from './format.ts'

/** One submission: first the view of its student, then the part for staff. */
export function submissionView({ label, student, staff }: PageSubmission): Content[] {
  return [
    el('h1', {}, label),
    el(
      'p',
      {},
      student.points === null
        ? 'Not graded'
        : `${points(student.points)} of ${points(student.maxPoints)} points`,
    ),
    el(
      'section',
      { 'aria-label': 'Feedback' },
      staff === undefined ? null : el('h2', {}, 'What the student sees'),
      student.remarks.map((remark) => el('p', { class: 'message' }, safe(remark))),
      student.rows.map(studentRow),
    ),
    staff === undefined ? null : staffView(staff),
  ]
}

function studentRow(row: PageSubmission['student']['rows'][number]): HTMLElement {
  return el(
    'div',
    {},
    el('h3', {}, `${row.name}: ${row.status}, ${points(row.points)} of ${points(row.maxPoints)}`),
    row.message === '' ? null : el('div', { class: 'message' }, safe(row.message)),
  )
}

function staffView(submission: ReportSubmission): HTMLElement {
  const { build, problems, files, tests, people, source, submittedAt } = submission
  const facts = [
    source === '' ? '' : `Source: ${source}`,
    submittedAt === undefined ? '' : `Submitted: ${submittedAt}`,
    ...people.map(({ id, name, email }) =>
      [name, id, email].filter((part) => part !== undefined).join(', '),
    ),
  ].filter((fact) => fact !== '')
  return el(
    'section',
    { 'aria-label': 'For staff' },
    el('h2', {}, 'For staff'),
    facts.map((fact) => el('p', { class: 'quiet' }, safe(fact))),
    problems.map((problem) => el('p', { class: 'message error' }, safe(problem))),
    build === undefined || build.status === 'none'
      ? null
      : el(
          'details',
          { open: build.status !== 'passed' },
          el('summary', {}, `Build: ${build.status}, ${duration(build.durationMs)}`),
          build.staffMessage === '' ? null : block(build.staffMessage),
        ),
    tests.map(staffTest),
    el('h2', {}, 'Files'),
    files.map(({ path, bytes, text }) =>
      el(
        'details',
        {},
        el('summary', {}, `${safe(path)}, ${bytes.toLocaleString()} bytes`),
        text === undefined
          ? el('p', { class: 'quiet' }, 'Not shown: not text, or too long.')
          : block(text),
      ),
    ),
  )
}

function staffTest(test: ReportTest): HTMLElement {
  const { sign, word } = signs[test.status]
  const { expected, received, attempts } = test
  return el(
    'details',
    { open: test.status === 'failed' || test.status === 'partial' || test.status === 'error' },
    el(
      'summary',
      {},
      el('span', { class: `tag ${test.status}` }, `${sign} ${word}`),
      ` #${test.number} ${test.name}: ${points(test.points)} of ${points(test.maxPoints)}`,
      test.visibility === 'visible' ? '' : `, ${test.visibility}`,
    ),
    attempts.length > 1
      ? el(
          'p',
          {},
          `Tried ${attempts.length} times: ${attempts.map(({ status }) => status).join(', ')}.`,
        )
      : null,
    test.staffMessage === '' ? null : block(test.staffMessage),
    expected === undefined || received === undefined
      ? null
      : [el('h3', {}, 'Difference (- expected, + received)'), diff(expected, received)],
    test.runs.map(runView),
  )
}

function runView(run: ReportRun): HTMLElement {
  const { usage, limits, stdin, stdout, stderr } = run
  return el(
    'div',
    {},
    el('h3', {}, safe(run.command)),
    el('p', {}, `${run.status}: ${safe(run.reason)}`),
    el(
      'p',
      {},
      meter('Time', usage.wallTimeMs, limits.wallTimeMs, duration),
      meter('Processor', usage.cpuTimeMs, limits.cpuTimeMs, duration),
      meter('Memory', usage.peakMemoryBytes, limits.memoryBytes, size),
    ),
    output('Input', stdin ?? ''),
    output('Output', stdout),
    output('Errors', stderr),
  )
}

function meter(
  name: string,
  value: number,
  limit: string | number | undefined,
  format: (value: number) => string,
): HTMLElement {
  if (typeof limit !== 'number') return el('span', {}, `${name} ${format(value)}. `)
  const share = Math.min(100, (value / limit) * 100)
  const bar = el('i')
  // The content security policy of the page forbids style attributes, but allows a script to set `style.width`.
  bar.style.width = `${share.toFixed(1)}%`
  return el(
    'span',
    {},
    `${name} ${format(value)} of ${format(limit)} `,
    el('span', { class: 'meter', 'aria-hidden': 'true' }, bar),
    ' ',
  )
}

const output = (name: string, text: string): HTMLElement | null =>
  text === ''
    ? null
    : el(
        'details',
        {},
        el('summary', {}, `${name}, ${text.length.toLocaleString()} characters`),
        block(text),
      )
