import { expect, test } from 'vitest'
import { changeLines, compareReports } from '../../../../src/grading/report/changes.ts'
import { declared, ended, report, submission } from './sample.ts'

const one = declared(1)
const two = declared(2, { weight: 2 })
const tests = [one, two]
const graded = (id: string, first: number, second: number) =>
  submission(id, [ended(one, first), ended(two, second)])

test('equal results are not a change', () => {
  const same = report(tests, [graded('ada', 1, 2)])
  expect(compareReports(same, same)).toEqual([])
  expect(changeLines([])).toEqual(['No result changed.'])
})

test('gains, losses, new and missing submissions appear in the order of ids', () => {
  const before = report(tests, [graded('cy', 0, 2), graded('ada', 0, 2), graded('dan', 1, 2)])
  const after = report(tests, [graded('cy', 0, 1), graded('ada', 1, 2), graded('bob', 1, 0)])
  expect(changeLines(compareReports(before, after))).toEqual([
    '  ada  gained: 2 -> 3',
    '    test 1: failed (0) -> passed (1)',
    '  bob  new: not graded -> 1',
    '  cy   lost: 2 -> 1',
    '    test 2: passed (2) -> partial (1)',
    '  dan  gone: 3 -> not graded',
  ])
})

test('points that move between tests do not change the total', () => {
  const three = declared(3)
  const before = report([one, three], [submission('ada', [ended(one, 1), ended(three, 0)])])
  const after = report([one, three], [submission('ada', [ended(one, 0), ended(three, 1)])])
  expect(compareReports(before, after)).toEqual([
    {
      id: 'ada',
      kind: 'changed',
      before: 1,
      after: 1,
      reasons: ['test 1: passed (1) -> failed (0)', 'test 3: failed (0) -> passed (1)'],
    },
  ])
})

test('a submission that could not be graded has no points, and counts as no loss', () => {
  const before = report([one], [submission('ada', [ended(one, 1)])])
  const error = ended(one, 0, { status: 'error' })
  const after = report([one], [submission('ada', [error])])
  expect(changeLines(compareReports(before, after))).toEqual([
    '  ada  changed: 1 -> not graded',
    '    test 1: passed (1) -> error (0)',
  ])
})

test('the reasons name tests that one report lacks, and adjustments', () => {
  const before = report([one], [submission('ada', [ended(one, 1)])])
  const adjustments = [{ name: 'late', points: -0.5, message: '' }]
  const after = report(tests, [submission('ada', [ended(one, 1), ended(two, 2)], { adjustments })])
  expect(compareReports(before, after)[0]?.reasons).toEqual([
    'test 2: not there -> passed (2)',
    'adjustments: 0 -> -0.5',
  ])
})

test('ids and names of tests are printed without their control characters', () => {
  const odd = declared(1, { name: 'a\u001b[31m' })
  const before = report([odd], [submission('x\ny', [ended(odd, 1)])])
  const after = report([odd], [submission('x\ny', [ended(odd, 0)])])
  const text = changeLines(compareReports(before, after)).join('')
  expect(text).not.toContain('\u001b')
  expect(text).not.toContain('\n')
})
