import { parse } from 'csv-parse/sync'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../../../src/grading/report/report-schema.ts'
import { type ReportKind, splitReport, writers } from '../../../../src/grading/writers/index.ts'
import { declared, ended, report, submission } from '../report/sample.ts'
import { environment, sample } from './class.ts'

// Each validator here reads a file as the platform's own code or specification does.

const decimals = [
  declared(1, { weight: 0.1 }),
  declared(2, { weight: 0.2 }),
  declared(3, { weight: 0.7 }),
]
const points = [0.1, 0.2, 0] as const
const hostileNames = ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '\r=1', ' =1', '"quoted", comma']

const reports: Readonly<Record<string, Report>> = {
  'the sample class': sample('full', 'partial', 'compileError', 'unfinished'),
  'a submission with trouble': sample('trouble'),
  'points that a binary number cannot hold': report(decimals, [
    submission(
      'eve',
      decimals.map((each, index) => ended(each, points[index] ?? 0)),
    ),
  ]),
  'a deduction of more than all points': report(decimals, [
    submission(
      'low',
      decimals.map((each) => ended(each, each.weight)),
      {
        adjustments: [{ name: 'late', points: -7, message: '' }],
      },
    ),
  ]),
  'cells that a spreadsheet would run': report(
    decimals,
    hostileNames.map((name, index) =>
      submission(
        `s${index}`,
        decimals.map((each) => ended(each, each.weight)),
        {
          people: [{ id: `id${index}`, name, email: `${name}@example.org` }],
        },
      ),
    ),
  ),
}

interface File {
  readonly text: string
  readonly one: Report['submissions'][number]
}

function filesOf(kind: ReportKind, of: Report): File[] {
  return splitReport(of, kind, 'r').flatMap(({ report: each }) => {
    const [one] = each.submissions
    if (one === undefined || (kind === 'classroom50' && !one.gradable)) return []
    return [{ text: String(writers[kind](each, { environment })), one }]
  })
}

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const some = v.pipe(v.string(), v.minLength(1))
const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0)

describe.each(Object.entries(reports))('the platforms accept %s', (_, all) => {
  test('Gradescope: documented keys and values, and one total', () => {
    const visibility = v.picklist(['visible', 'after_due_date', 'after_published', 'hidden'])
    const format = v.picklist(['text', 'html', 'simple_format', 'md', 'ansi'])
    const schema = v.strictObject({
      score: v.optional(v.number()),
      execution_time: v.pipe(v.number(), v.minValue(0)),
      output: v.string(),
      output_format: format,
      visibility,
      stdout_visibility: visibility,
      extra_data: v.record(v.string(), v.unknown()),
      tests: v.array(
        v.strictObject({
          score: v.optional(v.number()),
          max_score: v.optional(v.pipe(v.number(), v.minValue(0))),
          status: v.picklist(['passed', 'failed']),
          name: some,
          number: v.pipe(v.string(), v.regex(/^\d+(\.\d+)*$/)),
          output: v.string(),
          output_format: format,
          tags: v.array(v.string()),
          visibility,
          extra_data: v.record(v.string(), v.unknown()),
        }),
      ),
      leaderboard: v.array(
        v.strictObject({ name: some, value: v.union([v.number(), v.string()]) }),
      ),
    })
    for (const { text, one } of filesOf('gradescope', all)) {
      const result = v.parse(schema, JSON.parse(text))
      // "If any test case has a score but the top level does not, Gradescope adds them up."
      if (result.score === undefined)
        expect(result.tests.some((each) => 'score' in each)).toBe(false)
      else expect(result.score).toBe(one.points)
    }
  })

  test('PrairieLearn: its documented schema, and at most a megabyte', () => {
    const images = v.array(v.strictObject({ label: v.string(), url: v.string() }))
    const schema = v.strictObject({
      gradable: v.boolean(),
      score: share,
      message: v.string(),
      output: v.optional(v.string()),
      images: v.optional(images),
      format_errors: v.optional(v.array(v.string())),
      tests: v.optional(
        v.array(
          v.strictObject({
            name: some,
            description: v.string(),
            points: v.number(),
            max_points: v.number(),
            message: v.string(),
            output: v.string(),
            images,
          }),
        ),
      ),
    })
    for (const { text, one } of filesOf('prairielearn', all)) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000)
      const result = v.parse(schema, JSON.parse(text))
      if (result.gradable && one.maxPoints > 0) {
        expect(result.score * one.maxPoints).toBeCloseTo(Math.min(one.points, one.maxPoints), 9)
      } else expect(result.format_errors?.length).toBe(1)
    }
  })

  // autograding-grading-reporter: `src/helpers/test-helpers.js` and `src/notify-classroom.js`. Its release before the
  // change of `getTestScore` counts the tests that passed.
  test('GitHub Classroom: table, old table and notice give the share of the points', () => {
    for (const { text, one } of filesOf('github-classroom', all)) {
      const json = Buffer.from(text, 'base64').toString('utf8')
      expect(Buffer.from(json, 'utf8').toString('base64')).toBe(text)
      const test = v.object({
        name: some,
        status: v.picklist(['pass', 'fail', 'error']),
        score: count,
        message: v.string(),
        test_code: v.string(),
        filename: v.string(),
        line_no: count,
        execution_time: v.string(),
      })
      const { tests, max_score } = v.parse(
        v.strictObject({
          version: v.literal(1),
          status: v.picklist(['pass', 'fail', 'error']),
          max_score: count,
          tests: v.pipe(v.array(test), v.minLength(1)),
        }),
        JSON.parse(json),
      )
      const notice = max_score === 0 ? 0 : sum(tests.map(({ score }) => score))
      const passed = tests.filter(({ status }) => status === 'pass').length
      const oldTable = (passed / tests.length) * max_score
      expect(notice).toBeCloseTo(oldTable, 9)
      if (!one.gradable) expect(max_score).toBe(0)
      else expect(notice / max_score).toBeCloseTo(Math.min(1, one.points / one.maxPoints), 3)
    }
  })

  test('GitHub: the notices are workflow commands, and the second has the grade', () => {
    for (const { text, one } of filesOf('github-notices', all)) {
      const commands = text
        .trimEnd()
        .split('\n')
        .map((line) => {
          const [, name, title, data] = /^::(notice|error) title=([^,:]+)::(.*)$/.exec(line) ?? []
          return { name, title, data }
        })
      if (!one.gradable) {
        expect(commands.map(({ name }) => name)).toEqual(['error'])
        continue
      }
      expect(commands.map(({ title }) => title)).toEqual([
        'Autograding complete',
        'Autograding report',
      ])
      const { totalPoints, maxPoints } = JSON.parse(commands[1]?.data ?? '')
      v.parse(count, maxPoints)
      expect(commands[0]?.data).toBe(`Points ${totalPoints}/${maxPoints}`)
      expect(totalPoints / maxPoints).toBeCloseTo(one.points / one.maxPoints, 9)
    }
  })

  test('Classroom 50: integers, and totals that are the sums of the tests', () => {
    const uri = v.pipe(v.string(), v.url())
    const schema = v.strictObject({
      schema: v.literal('classroom50/result/v1'),
      classroom: some,
      assignment: some,
      submission: some,
      commit: uri,
      release: uri,
      review: uri,
      datetime: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)),
      score: count,
      'max-score': count,
      tests: v.array(
        v.strictObject({
          'test-name': some,
          passed: v.boolean(),
          score: v.pipe(v.number(), v.integer()),
          'max-score': count,
        }),
      ),
    })
    for (const { text, one } of filesOf('classroom50', all)) {
      const result = v.parse(schema, JSON.parse(text))
      expect(sum(result.tests.map(({ score }) => score))).toBe(result.score)
      expect(sum(result.tests.map((each) => each['max-score']))).toBe(result['max-score'])
      expect(result.score / result['max-score']).toBeCloseTo(one.points / one.maxPoints, 9)
    }
  })

  // vpl_submission_CE.class.php: the grade is the last line with that prefix; a block of comments ends at its mark.
  test('VPL: one grade, outside of the comments', () => {
    for (const { text, one } of filesOf('vpl', all)) {
      const grades: string[] = []
      let inComment = false
      for (const line of text.trimEnd().split('\n')) {
        const starts = !inComment && /^[\t ]*<\|--[\t ]*$/.test(line)
        const ends = inComment && /^[\t ]*--\|>[\t ]*$/.test(line)
        if (starts) inComment = true
        else if (ends) inComment = false
        const [, grade] = /^[\t ]*Grade :=>>(.*)$/.exec(line) ?? []
        if (grade !== undefined) grades.push(grade.trim())
        if (grade !== undefined) expect(inComment).toBe(false)
      }
      expect(inComment).toBe(false)
      expect(grades).toEqual(one.gradable ? [String(one.points)] : [])
    }
  })

  // autograder.rb: the last line that is not empty is parsed, and must have an object `scores`.
  test('Autolab: the last line has the scores', () => {
    for (const { text, one } of filesOf('autolab', all)) {
      const last =
        text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .at(-1) ?? ''
      if (!one.gradable) expect(last.startsWith('{')).toBe(false)
      else expect(JSON.parse(last)).toEqual({ scores: { Median: one.points } })
    }
  })

  test.each(['csv', 'moodle', 'canvas'] as const)(
    '%s: RFC 4180, and no cell that a spreadsheet runs',
    (kind) => {
      const text = String(writers[kind](all, { environment }))
      expect(text.endsWith('\r\n')).toBe(true)
      // Throws for a stray quote, and for a row that has more or fewer cells than the header.
      const rows: string[][] = parse(text, { record_delimiter: '\r\n' })
      for (const cell of rows.flat()) {
        if (!/^-?\d+(\.\d+)?$/.test(cell)) expect(cell).not.toMatch(/^\s*[=+\-@\t\r]/)
      }
      const header = rows[0] ?? []
      const graded = all.submissions.filter(({ gradable }) => gradable)
      if (kind === 'csv') {
        const column = header.indexOf('points')
        expect(rows.slice(1).map((row) => row[column])).toEqual(
          all.submissions.map((each) => (each.gradable ? String(each.points) : '')),
        )
      } else if (kind === 'moodle') {
        // A feedback without a grade deletes the grade.
        for (const row of rows.slice(1)) expect(row[3]).toMatch(/^\d+(\.\d+)?$/)
        expect(new Set(rows.slice(1).map((row) => row[3]))).toEqual(
          new Set(graded.map((each) => String(each.points))),
        )
      } else {
        // gradebook_importer.rb: the first columns by their names, and the row of points possible.
        expect(header.slice(0, 5)).toEqual([
          'Student',
          'ID',
          'SIS User ID',
          'SIS Login ID',
          'Section',
        ])
        expect(rows[1]?.[0]).toMatch(/^\s*Points Possible$/)
        expect(rows[1]?.[5]).toBe(String(all.assignment.maxPoints))
        for (const row of rows.slice(2)) expect(row[1]).toMatch(/^\d*$/)
      }
    },
  )

  test('Markdown: a table with a row for each submission, and its points', () => {
    const lines = String(writers.markdown(all, { environment })).split('\n')
    const cells = (line: string) => line.split(/(?<!\\)\|/).slice(1, -1)
    const table = lines.filter((line) => line.startsWith('| '))
    for (const row of table) expect(cells(row)).toHaveLength(cells(table[0] ?? '').length)
    for (const { gradable, points: own, maxPoints } of all.submissions) {
      if (gradable) expect(lines.join('\n')).toContain(`${own} of ${maxPoints} points`)
    }
  })
})
