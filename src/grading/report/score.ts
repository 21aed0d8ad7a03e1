import { addPoints, scalePoints, splitPoints } from './points.ts'
import type {
  GroupMode,
  GroupPlan,
  Report,
  ReportSubmission,
  ReportTest,
  TestPlan,
} from './report-schema.ts'

/** A test as the assignment declares it, before {@link planPoints} shares the points of the test's group. */
export type DeclaredTest = Omit<TestPlan, 'maxPoints'>

/** A group as the assignment declares it. */
export interface DeclaredGroup {
  readonly name: string
  readonly mode: GroupMode
  /** The points of all tests of the group together; by default, the sum of the tests' own points. */
  readonly points?: number | undefined
}

/** The plan of an assignment: the points that each test and group can give. */
export type Plan = Pick<Report['assignment'], 'maxPoints' | 'tests' | 'groups'>

/** Shares the points of each group among its tests, and computes the maximum. */
export function planPoints(
  declared: readonly DeclaredTest[],
  groups: readonly DeclaredGroup[],
): Plan {
  const maxPoints = new Map(declared.map((test) => [test, test.weight]))
  for (const { name, points } of groups) {
    if (points === undefined) continue
    const members = declared.filter((test) => test.group === name)
    const weights = members.map(({ weight }) => weight)
    for (const [index, share] of splitPoints(points, weights).entries()) {
      const member = members[index]
      if (member !== undefined) maxPoints.set(member, share)
    }
  }
  const tests = declared.map((test) => ({ ...test, maxPoints: maxPoints.get(test) ?? 0 }))
  return {
    maxPoints: maximum(tests),
    tests,
    groups: groups.map(({ name, mode }): GroupPlan => {
      const members = tests.filter((test) => test.group === name)
      return { name, mode, maxPoints: addPoints(...members.map((test) => test.maxPoints)) }
    }),
  }
}

/**
 * Computes the values of a submission that follow from its tests. These are the points of each test by the rule of its
 * group, the totals, and whether the submission is complete and gradable.
 */
export function scoreSubmission(submission: ReportSubmission, plan: Plan): ReportSubmission {
  const tests = scoreTests(submission.tests, plan)
  const given = [...tests, ...submission.adjustments].map(({ points }) => points)
  const complete = plan.tests.every(({ number }) => tests.some((test) => test.number === number))
  const trouble = tests.some(({ status }) => status === 'error')
  return {
    ...submission,
    tests,
    points: Math.max(0, addPoints(...given)),
    maxPoints: plan.maxPoints,
    complete,
    gradable:
      complete &&
      !trouble &&
      submission.problems.length === 0 &&
      submission.build?.status !== 'error',
  }
}

function scoreTests(tests: readonly ReportTest[], plan: Plan): ReportTest[] {
  const maxPoints = new Map(plan.tests.map((test) => [test.number, test.maxPoints]))
  const inOrder = [...tests].sort((a, b) => a.number - b.number)
  const scored = inOrder.map((test) => {
    const group = plan.groups.find(({ name }) => name === test.group)
    const max = maxPoints.get(test.number) ?? 0
    const { earned, weight } =
      group === undefined || group.mode === 'sum' ? test : scaleOf(group, tests, plan)
    return { ...test, maxPoints: max, points: scalePoints(max, earned, weight) }
  })
  const corrections = new Map(plan.groups.flatMap((group) => correctionOf(group, scored, plan)))
  return scored.map((test) => ({
    ...test,
    points: addPoints(test.points, corrections.get(test.number) ?? 0),
  }))
}

/**
 * Corrects the rounding in a group. Example: three tests share 10 points, and each earns half of its share. The sum is
 * 5 points, but three times the rounded 1.666667 is more. The correction changes one test that earned only a part of
 * its points.
 *
 * @returns the test's number with the difference; empty if the sum is exact or no such test exists
 */
function correctionOf(
  group: GroupPlan,
  scored: readonly ReportTest[],
  plan: Plan,
): [number, number][] {
  const members = scored.filter((test) => test.group === group.name)
  const { earned, weight } = scaleOf(group, scored, plan)
  const exact = scalePoints(group.maxPoints, earned, weight)
  const difference = addPoints(exact, ...members.map(({ points }) => -points))
  const partial = members.findLast(
    ({ points, maxPoints }) =>
      points > 0 && points < maxPoints && addPoints(points, difference) < maxPoints,
  )
  return difference === 0 || partial === undefined ? [] : [[partial.number, difference]]
}

/** The part of the group's points that the tests of the group earn, as a fraction. */
function scaleOf({ name, mode }: GroupPlan, tests: readonly ReportTest[], plan: Plan): Earned {
  const planned = plan.tests.filter((test) => test.group === name)
  if (mode === 'sum') {
    const members = tests.filter((test) => test.group === name)
    return {
      earned: addPoints(...members.map(({ earned }) => earned)),
      weight: addPoints(...planned.map(({ weight }) => weight)),
    }
  }
  const worst = worstOf(name, tests, planned.length)
  return mode === 'all' && !isFull(worst) ? nothing : worst
}

interface Earned {
  readonly earned: number
  readonly weight: number
}

const isFull = ({ earned, weight }: Earned) => earned >= weight
const nothing: Earned = { earned: 0, weight: 1 }

/** The least successful test of a group; `nothing` until all tests of the group have ended. */
function worstOf(group: string, tests: readonly ReportTest[], planned: number): Earned {
  const members = tests.filter((test) => test.group === group)
  if (members.length < planned) return nothing
  const counted = members.filter(({ weight }) => weight > 0)
  return counted.reduce<Earned>(
    // Compares by cross multiplication, so that no quotient is rounded.
    (worst, test) => (test.earned * worst.weight < worst.earned * test.weight ? test : worst),
    { earned: 1, weight: 1 },
  )
}

function maximum(tests: readonly TestPlan[]): number {
  return addPoints(...tests.filter(({ extraCredit }) => !extraCredit).map((test) => test.maxPoints))
}
