import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { addPoints } from '../../../src/grading/report/points.ts'
import { readReport } from '../../../src/grading/report/read-report.ts'
import { runProject } from '../run-project.ts'

const course = resolve(import.meta.dirname, '../../../fixtures/courses/median')

/** By student: the points out of 10, and the reason for lost points. */
const expected: Readonly<Record<string, number>> = {
  adler: 10,
  baker: 6.666666,
  chen: 0,
  diaz: 0,
  evans: 10,
  fischer: 3.333333,
  garcia: 10,
  haas: 1.333333,
  ito: 10,
  jansen: 6.666666,
  kim: 8.666667,
  lopez: 10,
  mueller: 6.666666,
  novak: 3.333333,
  okafor: 10,
  patel: 0,
  quinn: 8.666666,
  rossi: 10,
  silva: 7.333333,
  tanaka: 10,
  ueda: 10,
  vogel: 6.666666,
  weber: 10,
  xu: 0,
  yilmaz: 10,
  zhang: 0,
  zimmer: 0,
}

test('a teacher grades 27 students in seven languages with at most 25 lines', async () => {
  const files = ['median.test.ts', 'vitest.config.ts'].map((name) =>
    readFileSync(join(course, name), 'utf8'),
  )
  const lines = files.flatMap((text) => text.split('\n')).filter((line) => line.trim() !== '')
  expect(lines.length).toBeLessThanOrEqual(25)

  const { directory, output } = await runProject('vitest', course)
  const { submissions, assignment, complete } = readReport(join(directory, 'gradebox-report.json'))
  expect(complete).toBe(true)
  expect(assignment.tests.map(({ visibility }) => visibility)).toEqual([
    'visible',
    'visible',
    'visible',
    'hidden',
    'hidden',
    'hidden',
  ])
  expect(Object.fromEntries(submissions.map(({ id, points }) => [id, points]))).toEqual(expected)
  expect(submissions.filter(({ gradable }) => !gradable)).toEqual([])
  expect(new Set(submissions.flatMap(({ language }) => language?.name ?? []))).toEqual(
    new Set(['c', 'cpp', 'java', 'python', 'javascript', 'ruby', 'shell']),
  )
  const rows = readFileSync(join(directory, 'grades.csv'), 'utf8').trim().split('\r\n')
  expect(rows).toHaveLength(28)

  const reports = readdirSync(join(directory, 'reports'))
  expect(reports).toHaveLength(27)
  for (const { id, points } of submissions) {
    const path = join(directory, 'reports', `results-${id}.json`)
    expect(existsSync(path), id).toBe(true)
    const { tests } = JSON.parse(readFileSync(path, 'utf8')) as { tests: { score: number }[] }
    expect(addPoints(...tests.map(({ score }) => score)), id).toBe(points)
  }
  expect(output).toContain('Median: 27 submissions')
  expect(output).toMatch(/diaz +0 of 10 points/)
})

test('GRADEBOX_SUBMISSIONS and GRADEBOX_REPORTS grade one student with the same file', async () => {
  const { directory, output } = await runProject('vitest', course, {
    env: {
      GRADEBOX_SUBMISSIONS: 'submissions/patel',
      GRADEBOX_REPORTS: 'junit=junit.xml,gradescope=results.json',
    },
  })
  const { submissions } = readReport(join(directory, 'gradebox-report.json'))
  expect(submissions.map(({ id, points }) => [id, points])).toEqual([['patel', 0]])
  expect(submissions[0]?.tests[0]?.studentMessage).toContain('Please enter numbers:')
  expect(existsSync(join(directory, 'junit.xml'))).toBe(true)
  expect(existsSync(join(directory, 'results.json'))).toBe(true)
  expect(output).toContain('patel  0 of 10 points  Python')
})
