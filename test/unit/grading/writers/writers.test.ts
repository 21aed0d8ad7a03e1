import { XMLParser, XMLValidator } from 'fast-xml-parser'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { type ReportKind, splitReport, writers } from '../../../../src/grading/writers/index.ts'
import { environment, HOSTILE, SECRET, sample, type submissions } from './class.ts'

const write = (kind: ReportKind, ...names: readonly (keyof typeof submissions)[]): string =>
  String(writers[kind](sample(...names), { environment }))
const parsed = (kind: ReportKind, ...names: readonly (keyof typeof submissions)[]) =>
  JSON.parse(write(kind, ...names))

const studentKinds = Object.keys(writers).filter(
  (kind) => !['json', 'csv', 'html'].includes(kind),
) as ReportKind[]
const kindsOfAClass = ['csv', 'ctrf', 'junit', 'moodle', 'canvas', 'markdown'] as const

describe('every format', () => {
  // The page's script comes from the build.
  const golden = studentKinds.filter((kind) => kind !== 'student-html')
  test.each(golden)('%s has the golden contents', async (kind) => {
    for (const { file, report } of splitReport(
      sample('full', 'partial'),
      kind,
      `golden/${kind}.txt`,
    )) {
      await expect(String(writers[kind](report, { environment }))).toMatchFileSnapshot(file)
    }
  })

  test.each(studentKinds)('%s shows a student nothing of a hidden test', (kind) => {
    for (const { report } of splitReport(sample('full', 'partial', 'compileError'), kind, 'r')) {
      const text = String(writers[kind](report, { environment }))
      const decoded = kind === 'github-classroom' ? Buffer.from(text, 'base64').toString() : text
      // Gradescope hides the whole test by its visibility.
      const shown =
        kind === 'gradescope'
          ? JSON.stringify(JSON.parse(text).tests.filter(isVisibleOnGradescope))
          : decoded
      expect(shown).not.toContain(SECRET)
    }
  })

  test.each(studentKinds)('%s has no raw control character', (kind) => {
    for (const { report } of splitReport(sample('partial'), kind, 'r')) {
      const text = String(writers[kind](report, { environment }))
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202e]/)
    }
  })

  test.each(studentKinds.filter((kind) => !kindsOfAClass.includes(kind as never)))(
    '%s is refused for a class',
    (kind) => {
      expect(() => writers[kind](sample(), { environment })).toThrow(
        / file is for one submission, and this report has 5/,
      )
    },
  )

  test('one submission gives one file, and several give one each', () => {
    const files = (kind: ReportKind, ...names: readonly (keyof typeof submissions)[]) =>
      splitReport(sample(...names), kind, 'out/results.json').map(({ file }) => file)
    expect(files('gradescope', 'full')).toEqual(['out/results.json'])
    expect(files('gradescope', 'full', 'partial')).toEqual([
      'out/results-ada.json',
      'out/results-bob.json',
    ])
    expect(files('csv', 'full', 'partial')).toEqual(['out/results.json'])
  })

  test('an id cannot lead the file elsewhere', () => {
    const report = sample('full', 'partial')
    const [one, two] = report.submissions
    if (one === undefined || two === undefined) throw new Error('two submissions')
    const changed = { ...report, submissions: [{ ...one, id: '../../x' }, two] }
    expect(splitReport(changed, 'vpl', 'out/vpl.txt')[0]?.file).toBe('out/vpl-..%2f..%2fx.txt')
  })

  test('long ids that start in the same way get short files of different names', () => {
    const report = sample('full', 'partial')
    const submissions = report.submissions.map((each, at) => ({
      ...each,
      id: `${'\u00e9'.repeat(120)}${at}`,
    }))
    const files = splitReport({ ...report, submissions }, 'vpl', 'vpl.txt').map(({ file }) => file)
    expect(new Set(files).size).toBe(2)
    for (const file of files) {
      expect(file).toMatch(/^vpl-\u00e9{51}~[0-9a-f]{16}\.txt$/)
    }
  })
})

const isVisibleOnGradescope = (each: { visibility: string }) => each.visibility === 'visible'

describe('totals agree', () => {
  const expected = { full: [11, 10], partial: [5.5, 10] } as const

  test.each(['full', 'partial'] as const)('for %s', (name) => {
    const [points, most] = expected[name]
    const gradescope = parsed('gradescope', name)
    expect(gradescope.score).toBe(points)
    expect(parsed('prairielearn', name).score).toBe(Math.min(1, points / most))
    expect(write('autolab', name).trimEnd().split('\n').at(-1)).toBe(
      `{"scores":{"Median":${points}}}`,
    )
    expect(write('vpl', name).trimEnd().split('\n').at(-1)).toBe(`Grade :=>> ${points}`)
    expect(write('moodle', name)).toContain(`,${points},`)
    expect(write('canvas', name)).toContain(`,${points}\r\n`)
    expect(write('markdown', name)).toContain(`**${points} of ${most} points**`)
    expect(write('junit', name)).toContain(`<property name="points" value="${points}"/>`)
    expect(parsed('ctrf', name).results.extra.submissions[0].points).toBe(points)
    const fifty = parsed('classroom50', name)
    expect(fifty.score / fifty['max-score']).toBe(points / most)
    expect(sum(fifty.tests, 'score')).toBe(fifty.score)
    expect(write('github-notices', name)).toContain(`"maxPoints":${most === 10 ? 100 : most}`)
  })

  // GitHub Classroom has no points above the maximum.
  test.each([
    ['full', 1],
    ['partial', 0.55],
  ] as const)("both totals of GitHub Classroom's reporter agree for %s", (name, ratio) => {
    const result = JSON.parse(Buffer.from(write('github-classroom', name), 'base64').toString())
    const passed = result.tests.filter((each: { status: string }) => each.status === 'pass').length
    const table = (passed / result.tests.length) * result.max_score
    const notice = sum(result.tests, 'score')
    expect(table / result.max_score).toBeCloseTo(ratio, 12)
    expect(notice / result.max_score).toBe(ratio)
    expect(result.max_score).toBe(result.tests.length)
  })

  test('points with many digits do not make millions of tests for GitHub Classroom', () => {
    const report = sample('partial')
    const [only] = report.submissions
    if (only === undefined) throw new Error('one submission')
    const odd = { ...report, submissions: [{ ...only, points: 3.333333, maxPoints: 9.999999 }] }
    const result = JSON.parse(
      Buffer.from(String(writers['github-classroom'](odd, {})), 'base64').toString(),
    )
    expect(result.tests).toHaveLength(1000)
    expect(sum(result.tests, 'score')).toBe(333)
  })
})

const sum = (rows: readonly Record<string, number>[], field: string) =>
  rows.reduce((total, row) => total + (row[field] ?? 0), 0)

describe('trouble of the grader is never a score', () => {
  test('Gradescope gets no score, so that it reports a failed autograder', () => {
    const result = parsed('gradescope', 'trouble')
    expect(result).not.toHaveProperty('score')
    expect(result.tests.some((each: object) => 'score' in each)).toBe(false)
    expect(result.output).toBe(
      'Your submission is not graded yet: the grader had a problem, which is not your fault. Please tell the staff.',
    )
  })

  test('PrairieLearn gets an invalid submission, which costs no attempt', () => {
    expect(parsed('prairielearn', 'trouble')).toMatchObject({ gradable: false, score: 0 })
  })

  test('Moodle gets no row, and Canvas an empty cell', () => {
    expect(write('moodle', 'trouble').split('\r\n')).toHaveLength(2)
    expect(write('canvas', 'trouble')).toMatch(/dee,,dee,,,\r\n$/)
  })

  test('VPL and Autolab get no grade', () => {
    expect(write('vpl', 'trouble')).not.toContain('Grade :=>>')
    expect(write('autolab', 'trouble')).not.toContain('scores')
  })

  test('GitHub gets an error and no points', () => {
    expect(write('github-notices', 'trouble')).toMatch(
      /^::error title=Autograding::Your submission/,
    )
    const result = JSON.parse(
      Buffer.from(write('github-classroom', 'trouble'), 'base64').toString(),
    )
    expect(result).toMatchObject({ status: 'fail', max_score: 0 })
  })

  test('Classroom 50 is refused by name', () => {
    expect(() => write('classroom50', 'trouble')).toThrow(
      'The submission dee is not gradable, and Classroom 50 has no such result',
    )
  })
})

test('Gradescope shows the tests that had ended when the time ran out', () => {
  const result = parsed('gradescope', 'unfinished')
  expect(result.score).toBe(3.5)
  expect(result.output).toBe('Grading did not finish: 2 of 5 tests have ended.')
})

test('Gradescope shows hidden tests after grades are published, if the option says so', () => {
  const report = sample('full')
  const visibilitiesOf = (options: object) =>
    JSON.parse(String(writers.gradescope(report, options))).tests.map(
      (each: { visibility: string }) => each.visibility,
    )
  expect(visibilitiesOf({})).toEqual(['visible', 'visible', 'hidden', 'hidden', 'visible'])
  expect(visibilitiesOf({ hiddenTests: 'after-published' })[2]).toBe('after_published')
})

test('a compile error is 0 points on PrairieLearn, or an invalid submission if the option says so', () => {
  expect(parsed('prairielearn', 'compileError')).toMatchObject({ gradable: true, score: 0 })
  const asked = writers.prairielearn(sample('compileError'), { compileErrors: 'format-error' })
  expect(JSON.parse(String(asked))).toMatchObject({
    gradable: false,
    format_errors: ["main.c:3: error: expected ';'"],
  })
})

test("PrairieLearn's file stays below its megabyte", () => {
  const report = sample('partial')
  for (const each of report.submissions[0]?.tests ?? []) {
    Object.assign(each, { studentMessage: 'é'.repeat(2_000_000) })
  }
  expect(Buffer.byteLength(writers.prairielearn(report, {}))).toBeLessThanOrEqual(1_000_000)
})

test('no output of a program is read as a grade or a command', () => {
  const lines = (kind: ReportKind) => write(kind, 'partial').split('\n')
  expect(lines('vpl').filter((line) => line.startsWith('Grade :=>>'))).toEqual(['Grade :=>> 5.5'])
  expect(lines('vpl').filter((line) => line === '--|>')).toHaveLength(1)
  expect(lines('autolab').filter((line) => line.startsWith('{'))).toHaveLength(1)
  expect(lines('github-notices').filter((line) => line.startsWith('::'))).toHaveLength(2)
  expect(write('markdown', 'partial')).toContain(
    `\`\`\`\`\`\`\`text\nLine 1: expected 6\n${HOSTILE.split('\n')[0]}`,
  )
})

test('CTRF follows its schema', () => {
  const integer = v.pipe(v.number(), v.integer())
  const status = v.picklist(['passed', 'failed', 'skipped', 'pending', 'other'])
  const schema = v.strictObject({
    reportFormat: v.literal('CTRF'),
    specVersion: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+$/)),
    timestamp: v.pipe(v.string(), v.isoTimestamp()),
    generatedBy: v.string(),
    results: v.strictObject({
      tool: v.strictObject({ name: v.pipe(v.string(), v.minLength(1)), version: v.string() }),
      summary: v.strictObject({
        ...Object.fromEntries(
          ['tests', 'passed', 'failed', 'skipped', 'pending', 'other', 'suites'].map((key) => [
            key,
            integer,
          ]),
        ),
        start: integer,
        stop: integer,
        duration: integer,
        extra: v.record(v.string(), v.unknown()),
      }),
      tests: v.array(
        v.strictObject({
          name: v.pipe(v.string(), v.minLength(1)),
          status,
          rawStatus: v.string(),
          duration: integer,
          suite: v.pipe(v.array(v.string()), v.minLength(1)),
          message: v.optional(v.string()),
          retries: v.optional(integer),
          flaky: v.optional(v.boolean()),
          retryAttempts: v.optional(v.array(v.strictObject({ attempt: integer, status }))),
          extra: v.record(v.string(), v.unknown()),
        }),
      ),
      extra: v.record(v.string(), v.unknown()),
    }),
  })
  const document = parsed('ctrf')
  expect(v.safeParse(schema, document).issues).toBeUndefined()
  const { summary } = document.results
  expect(summary.passed + summary.failed + summary.skipped + summary.pending + summary.other).toBe(
    summary.tests,
  )
})

test('JUnit is valid XML whose counts are those of its cases', () => {
  const xml = write('junit')
  expect(XMLValidator.validate(xml)).toBe(true)
  const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(xml)
  const suites: readonly Record<string, never>[] = testsuites.testsuite
  expect(suites).toHaveLength(5)
  const cases = suites.flatMap((suite) => [suite.testcase ?? []].flat())
  expect(cases).toHaveLength(Number(testsuites['@_tests']))
  expect(cases.filter((each) => 'failure' in each)).toHaveLength(Number(testsuites['@_failures']))
  expect(cases.filter((each) => 'error' in each)).toHaveLength(Number(testsuites['@_errors']))
})

test('Classroom 50 names the missing variable of its runner', () => {
  expect(() => writers.classroom50(sample('full'), {})).toThrow(
    'The Classroom 50 format needs the environment variable CLASSROOM, got null',
  )
})

test('the texts of a writer are in the language of the assignment, or in the requested language', () => {
  const report = sample('trouble')
  const german = { ...report, assignment: { ...report.assignment, language: 'de' } }
  expect(String(writers.vpl(german, {}))).toContain('Deine Abgabe ist noch nicht bewertet')
  const text = (language: string) => String(writers.vpl(sample('trouble'), { language }))
  expect(text('de')).toContain('Deine Abgabe ist noch nicht bewertet')
  expect(text('es-MX')).toContain('Tu entrega aún no está calificada')
})
