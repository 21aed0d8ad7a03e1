import { expect, test } from 'vitest'
import { mergeReports } from '../../../../src/grading/report/merge-reports.ts'
import { declared, ended, report, submission } from './sample.ts'

const one = declared(1)
const two = declared(2)

test('reports of several workers are joined in any order', () => {
  const parts = [
    report([one, two], [submission('bob', [ended(one, 1), ended(two, 1)])]),
    report([one, two], [submission('ada', [ended(two, 0)])]),
    report([one, two], [submission('ada', [ended(one, 1)])]),
  ]
  const whole = report(
    [one, two],
    [
      submission('ada', [ended(one, 1), ended(two, 0)]),
      submission('bob', [ended(one, 1), ended(two, 1)]),
    ],
  )
  expect(mergeReports(parts)).toEqual(whole)
  expect(mergeReports(parts.toReversed())).toEqual(whole)
  expect(whole.complete).toBe(true)
})

test('reports that do not belong together are refused by name', () => {
  const ada = report([one], [submission('ada', [ended(one, 1)])])
  expect(() => mergeReports([])).toThrow('There is no report to merge')
  expect(() => mergeReports([ada, ada])).toThrow(
    'The reports cannot be merged: two of them have test 1 ("test 1") of submission "ada"\n' +
      '  hint: Give each report other submissions or other tests.',
  )
  expect(() => mergeReports([ada, report([one, two], [])])).toThrow(
    'The reports cannot be merged: the tests of "Median" differ between the reports',
  )
  const other = { ...ada, assignment: { ...ada.assignment, name: 'Mode' } }
  expect(() => mergeReports([ada, other])).toThrow(
    'The reports cannot be merged: "Median" and "Mode" are different assignments',
  )
})
