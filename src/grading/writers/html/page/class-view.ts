import type { ReportTest } from '../../../report/report-schema.ts'
import type { PageData, PageSubmission } from '../data.ts'
import { el } from './dom.ts'
import { points, quantile, signs } from './format.ts'
import { plots } from './plots.ts'

/** The state that the class view keeps while a student's page is open. */
export interface ClassState {
  search: string
  filter: string
  sort: { column: string; descending: boolean }
}

const filters: Readonly<Record<string, (submission: PageSubmission) => boolean>> = {
  'All submissions': () => true,
  'Full points': ({ student }) => student.points !== null && student.points >= student.maxPoints,
  'Some points': ({ student }) =>
    student.points !== null && student.points > 0 && student.points < student.maxPoints,
  'No points': ({ student }) => student.points === 0,
  'Failed build': ({ staff }) => staff?.build?.status === 'failed',
  'No files': ({ staff }) => staff?.build?.problem === 'empty',
  'Not gradable': ({ student }) => student.points === null,
}

/** The class: figures, table, plots, tests that reveal little, and identical submissions. */
export function classView(
  data: PageData,
  state: ClassState,
  open: (index: number) => void,
): HTMLElement[] {
  const body = el('tbody')
  const status = el('p', { class: 'quiet', role: 'status' })
  const columns = columnsOf(data)
  const headers = columns.map((column) => headerCell(column, state, () => refresh()))
  const refresh = () => {
    const shown = rowsOf(data, state, columns)
    status.textContent = `${shown.length} of ${data.submissions.length} submissions`
    body.replaceChildren(...shown.map((index) => row(data, index, open)))
    for (const [index, column] of columns.entries()) {
      const direction = state.sort.descending ? 'descending' : 'ascending'
      const isSorted = column.name === state.sort.column
      headers[index]?.setAttribute('aria-sort', isSorted ? direction : 'none')
    }
  }
  refresh()
  const table = el('table', { id: 'class' }, el('thead', {}, el('tr', {}, headers)), body)
  return [
    el('h1', {}, data.assignment),
    el('p', { class: 'quiet' }, `Graded ${new Date(data.updatedAt).toLocaleString()}`),
    figures(data),
    controls(state, refresh),
    status,
    el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Class table' }, table),
    el(
      'p',
      { class: 'quiet keys' },
      'Keys: / searches, ↑ and ↓ move, Enter opens a submission, Escape comes back.',
    ),
    plots(data),
    telling(data),
    duplicates(data, open),
  ]
}

interface Column {
  readonly name: string
  readonly title: string
  readonly isNumber: boolean
  readonly value: (submission: PageSubmission) => string | number
}

function columnsOf({ tests }: PageData): Column[] {
  return [
    {
      name: 'name',
      title: 'Submission',
      isNumber: false,
      value: ({ label }) => label.toLowerCase(),
    },
    {
      name: 'language',
      title: 'Language',
      isNumber: false,
      value: ({ staff }) => staff?.language?.title ?? '',
    },
    {
      name: 'points',
      title: 'Points',
      isNumber: true,
      value: ({ student }) => student.points ?? -1,
    },
    ...tests.map(({ number, name, maxPoints, visibility }) => ({
      name: `test ${number}`,
      title: `#${number} ${name} (${points(maxPoints)}${visibility === 'visible' ? '' : `, ${visibility}`})`,
      isNumber: true,
      value: (submission: PageSubmission) => testOf(submission, number)?.points ?? -1,
    })),
  ]
}

const testOf = ({ staff }: PageSubmission, number: number): ReportTest | undefined =>
  staff?.tests.find((test) => test.number === number)

function headerCell({ name, title, isNumber }: Column, state: ClassState, refresh: () => void) {
  const click = () => {
    const descending = state.sort.column === name ? !state.sort.descending : isNumber
    state.sort = { column: name, descending }
    refresh()
  }
  return el('th', { scope: 'col', 'aria-sort': 'none' }, el('button', { click }, title))
}

function rowsOf(
  { submissions }: PageData,
  { search, filter, sort }: ClassState,
  columns: readonly Column[],
): number[] {
  const words = search.toLowerCase()
  const isShown = filters[filter] ?? (() => true)
  const column = columns.find(({ name }) => name === sort.column)
  const shown = [...submissions.entries()]
    .filter(([, submission]) => isShown(submission))
    .filter(([, { label }]) => label.toLowerCase().includes(words))
  const value = (submission: PageSubmission) => column?.value(submission) ?? 0
  shown.sort(([a, one], [b, two]) => {
    const order = compare(value(one), value(two))
    return (sort.descending ? -order : order) || a - b
  })
  return shown.map(([index]) => index)
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a).localeCompare(String(b), undefined, { numeric: true })
}

function row({ submissions, tests }: PageData, index: number, open: (index: number) => void) {
  const submission = submissions[index]
  if (submission === undefined) return el('tr')
  const { label, student, staff } = submission
  return el(
    'tr',
    {},
    el('th', { scope: 'row' }, el('button', { click: () => open(index), class: 'open' }, label)),
    el('td', {}, staff?.language?.title ?? ''),
    el('td', { class: 'number' }, student.points === null ? 'not graded' : points(student.points)),
    ...tests.map(({ number }) => testCell(testOf(submission, number))),
  )
}

function testCell(test: ReportTest | undefined): HTMLElement {
  if (test === undefined) return el('td', { class: 'number blocked' }, 'not ended')
  const { sign, word } = signs[test.status]
  const close = (test.runs ?? []).some((run) => 'closeToLimit' in run && run.closeToLimit)
  return el(
    'td',
    { class: `number ${test.status}`, title: word },
    `${sign} ${points(test.points)}${close ? ' ⏱' : ''}`,
  )
}

function figures({ submissions, maxPoints }: PageData): HTMLElement {
  const graded = submissions.flatMap(({ student }) => student.points ?? []).sort((a, b) => a - b)
  const mean = graded.reduce((sum, each) => sum + each, 0) / Math.max(1, graded.length)
  const card = (value: string | number, name: string) =>
    el('div', {}, el('b', {}, value), ' ', el('span', { class: 'quiet' }, name))
  return el(
    'div',
    { class: 'cards' },
    card(submissions.length, 'submissions'),
    card(points(Math.round(mean * 100) / 100), `points on average, of ${points(maxPoints)}`),
    card(points(quantile(graded, 0.5)), 'points are the median'),
    card(submissions.length - graded.length, 'not gradable'),
  )
}

function controls(state: ClassState, refresh: () => void): HTMLElement {
  const search = el('input', {
    type: 'search',
    id: 'search',
    value: state.search,
  }) as HTMLInputElement
  search.addEventListener('input', () => {
    state.search = search.value
    refresh()
  })
  const filter = el(
    'select',
    { id: 'filter' },
    Object.keys(filters).map((name) => el('option', { selected: name === state.filter }, name)),
  ) as HTMLSelectElement
  filter.addEventListener('change', () => {
    state.filter = filter.value
    refresh()
  })
  return el(
    'div',
    { class: 'controls' },
    el('label', {}, 'Search', search),
    el('label', {}, 'Show', filter),
  )
}

/**
 * The table of tests, with the number of submissions that pass each test. A note marks a test that nobody or everybody
 * passes, because such a test reveals little about a submission.
 */
function telling({ submissions, tests }: PageData): HTMLElement {
  const ended = submissions.filter(({ staff }) => staff?.build?.status !== 'failed')
  const rows = tests.map((test) => {
    const passed = ended.filter((each) => testOf(each, test.number)?.status === 'passed').length
    const note =
      ended.length === 0
        ? ''
        : passed === 0
          ? 'nobody passes'
          : passed === ended.length
            ? 'everybody passes'
            : ''
    return el(
      'tr',
      {},
      el('th', { scope: 'row' }, `#${test.number} ${test.name}`),
      el('td', {}, `${passed} of ${ended.length}`),
      el('td', {}, note),
    )
  })
  const head = ['Test', 'Passed', ''].map((title) => el('th', { scope: 'col' }, title))
  return el(
    'section',
    {},
    el('h2', {}, 'Tests'),
    el('p', { class: 'quiet' }, 'Submissions that do not compile are not counted.'),
    el(
      'div',
      { class: 'scroll' },
      el('table', {}, el('thead', {}, el('tr', {}, head)), el('tbody', {}, rows)),
    ),
  )
}

/** Submissions whose files are the same, byte for byte. */
function duplicates({ submissions }: PageData, open: (index: number) => void): HTMLElement {
  const groups = new Map<string, number[]>()
  for (const [index, { staff }] of submissions.entries()) {
    if (staff === undefined || staff.files.length === 0) continue
    const key = staff.files
      .map(({ sha256 }) => sha256)
      .sort()
      .join()
    groups.set(key, [...(groups.get(key) ?? []), index])
  }
  const same = [...groups.values()].filter((members) => members.length > 1)
  const list = same.map((members) =>
    el(
      'li',
      {},
      members.map((index, place) => [
        place === 0 ? '' : ' = ',
        el('button', { click: () => open(index) }, submissions[index]?.label ?? ''),
      ]),
    ),
  )
  return el(
    'section',
    {},
    el('h2', {}, 'Identical submissions'),
    same.length === 0 ? el('p', { class: 'quiet' }, 'None.') : el('ul', {}, list),
  )
}
