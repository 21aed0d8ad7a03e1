import { describe, expect, test } from 'vitest'
import type { GroupMode } from '../../../../src/grading/report/report-schema.ts'
import { declared, ended, report, submission } from './sample.ts'

const three = [1, 2, 3].map((number) => declared(number, { group: 'secret' }))

function grouped(mode: GroupMode, earned: readonly number[], points: number | undefined) {
  const tests = earned.map((each, index) => ended(three[index] ?? declared(0), each))
  const { submissions, assignment } = report(
    three,
    [submission('ada', tests)],
    [{ name: 'secret', mode, points }],
  )
  const [ada] = submissions
  return { points: ada?.points, tests: ada?.tests.map((each) => each.points), assignment }
}

describe('a group', () => {
  test('adds up its tests, as shares of its points', () => {
    expect(grouped('sum', [1, 0.5, 0], undefined)).toMatchObject({
      points: 1.5,
      tests: [1, 0.5, 0],
    })
    expect(grouped('sum', [1, 1, 1], 10)).toMatchObject({
      points: 10,
      tests: [3.333333, 3.333334, 3.333333],
    })
    expect(grouped('sum', [1, 0.5, 0], 6)).toMatchObject({ points: 3, tests: [2, 1, 0] })
  })

  test('gives exact points where several tests give a part of theirs', () => {
    expect(grouped('sum', [0.5, 0.5, 0.5], 10)).toMatchObject({
      points: 5,
      tests: [1.666667, 1.666667, 1.666666],
    })
    expect(grouped('min', [1, 0.5, 1], 5)).toMatchObject({ points: 2.5 })
    expect(grouped('min', [0.5, 0.5, 0.5], 10)).toMatchObject({ points: 5 })
    // Full points are never corrected.
    expect(grouped('sum', [1, 0, 1], 10)).toMatchObject({ tests: [3.333333, 0, 3.333333] })
    expect(grouped('sum', [0.5], 10)).toMatchObject({ points: 1.666667 })
  })

  test('with "all" gives its points only if every test passes', () => {
    expect(grouped('all', [1, 1, 1], 5)).toMatchObject({ points: 5 })
    expect(grouped('all', [1, 1, 0.5], 5)).toMatchObject({ points: 0, tests: [0, 0, 0] })
  })

  test('with "min" is scaled by its worst test', () => {
    expect(grouped('min', [1, 0.5, 1], 6)).toMatchObject({ points: 3, tests: [1, 1, 1] })
    expect(grouped('min', [1, 0, 1], 6)).toMatchObject({ points: 0 })
  })

  test('with "all" or "min" gives nothing while one of its tests has not ended', () => {
    expect(grouped('all', [1, 1], 5)).toMatchObject({ points: 0, tests: [0, 0] })
    expect(grouped('min', [1, 1], 5)).toMatchObject({ points: 0, tests: [0, 0] })
    expect(grouped('sum', [1, 1], 6)).toMatchObject({ points: 4, tests: [2, 2] })
  })

  test('has its maximum in the plan', () => {
    expect(grouped('all', [1, 1, 1], 5).assignment).toMatchObject({
      maxPoints: 5,
      groups: [{ name: 'secret', mode: 'all', maxPoints: 5 }],
    })
  })
})

describe('a submission', () => {
  const tests = [declared(1, { weight: 0.1 }), declared(2, { weight: 0.2 })]

  test('has exact totals', () => {
    const [ada] = report(tests, [
      submission('ada', [
        ended(declared(1, { weight: 0.1 }), 0.1),
        ended(declared(2, { weight: 0.2 }), 0.2),
      ]),
    ]).submissions
    expect(ada).toMatchObject({ points: 0.3, maxPoints: 0.3, complete: true, gradable: true })
  })

  test('gets extra credit over its maximum', () => {
    const plan = [declared(1), declared(2, { extraCredit: true, weight: 0.5 })]
    const all = plan.map((each) => ended(each, each.weight))
    expect(report(plan, [submission('ada', all)]).submissions[0]).toMatchObject({
      points: 1.5,
      maxPoints: 1,
    })
  })

  test('has deductions, and never less than 0 points', () => {
    const late = (points: number) => [{ name: 'late', points, message: '1 day late' }]
    const graded = (points: number) =>
      report(
        [declared(1)],
        [submission('ada', [ended(declared(1), 1)], { adjustments: late(points) })],
      )
    expect(graded(-0.4).submissions[0]?.points).toBe(0.6)
    expect(graded(-4).submissions[0]?.points).toBe(0)
  })

  test('is incomplete and not gradable while a test has not ended', () => {
    const { submissions, complete } = report(
      [declared(1), declared(2)],
      [submission('ada', [ended(declared(1), 1)])],
    )
    expect(submissions[0]).toMatchObject({
      points: 1,
      maxPoints: 2,
      complete: false,
      gradable: false,
    })
    expect(complete).toBe(false)
  })

  test('is not gradable after an error that is not the student’s', () => {
    const [ada] = report(
      [declared(1)],
      [submission('ada', [ended(declared(1), 0, { status: 'error' })])],
    ).submissions
    expect(ada).toMatchObject({ complete: true, gradable: false })
  })
})
