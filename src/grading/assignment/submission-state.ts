import { asError } from '../../errors/as-error.ts'
import type { FeedbackLanguage } from '../../feedback/feedback-texts.ts'
import { withoutOwner } from '../../runner/owner.ts'
import { visible } from '../../units/visible.ts'
import type { LanguageTable } from '../languages/language.ts'
import { roundPoints } from '../report/points.ts'
import type { ReportAdjustment, ReportAttempt, ReportTest } from '../report/report-schema.ts'
import { type Plan, scoreSubmission } from '../report/score.ts'
import type { TestOutcome } from '../report/test-outcome.ts'
import type { FoundSubmission } from '../submissions/found-submission.ts'
import type { AssignmentOptions } from './assignment-options.ts'
import type { GradedTestDeclaration } from './declared.ts'
import { forStaff } from './excerpts.ts'
import { type Prepared, prepareSubmission } from './prepare-submission.ts'
import { judgeOrRecall } from './recall.ts'

/** The values that all tests of an assignment share. */
export interface AssignmentSetup {
  readonly options: AssignmentOptions
  readonly table: LanguageTable
  readonly language: FeedbackLanguage
  readonly plan: () => Plan
}

/** A submission while its tests run. */
export class SubmissionState {
  readonly found: FoundSubmission
  readonly #setup: AssignmentSetup
  readonly #outcomes = new Map<number, TestOutcome>()
  readonly #attempts = new Map<number, ReportAttempt[]>()
  #prepared: Promise<Prepared> | undefined
  #isReported = false
  #followers: () => readonly SubmissionState[] = () => []

  constructor(found: FoundSubmission, setup: AssignmentSetup) {
    this.found = found
    this.#setup = setup
  }

  /** Reads and builds the submission, once. */
  prepare(): Promise<Prepared> {
    const { table, language } = this.#setup
    this.#prepared ??= prepareSubmission(this.found, table, language)
    return this.#prepared
  }

  /**
   * Names the submissions to prepare while the tests of this submission run. Otherwise, all tests that run at the same
   * time would wait for one build, and the other processors would be idle.
   */
  followedBy(followers: () => readonly SubmissionState[]): void {
    this.#followers = followers
  }

  // The builds have no owner, because a test that ends before the builds must not end them.
  #prepareFollowers(): void {
    const followers = this.#followers()
    this.#followers = () => []
    withoutOwner(() => {
      for (const each of followers) void each.prepare()
    })
  }

  /**
   * Judges one attempt at a test.
   *
   * @param report receives the outcome before the test ends
   * @throws the error that the test runner shows for a test that did not pass
   */
  async judge<Expect>(
    test: GradedTestDeclaration<Expect>,
    expect: () => Expect,
    softFailures: () => readonly unknown[],
    report: (outcome: TestOutcome) => void,
  ): Promise<void> {
    const { number } = test.plan
    const prepared = await this.prepare()
    this.#prepareFollowers()
    const { options, language } = this.#setup
    const earlier = this.#attempts.get(number) ?? []
    const judging = { test, prepared, options, language, expect, softFailures, earlier }
    const { outcome, error } = await judgeOrRecall(judging)
    this.#attempts.set(number, [...outcome.attempts])
    this.#outcomes.set(number, outcome)
    const facts = this.#isReported ? {} : { submission: prepared.facts }
    this.#isReported = true
    report({ ...outcome, ...facts, ...(await this.#adjust(prepared)) })
    if (error !== undefined) throw error
  }

  async #adjust(
    prepared: Prepared,
  ): Promise<Pick<TestOutcome, 'adjustments' | 'problems'> | undefined> {
    const { adjust } = this.#setup.options
    if (adjust === undefined) return
    const plan = this.#setup.plan()
    if (plan.tests.some(({ number }) => !this.#outcomes.has(number))) return
    const { points, maxPoints, tests } = scoreSubmission(this.#asReport(plan), plan)
    try {
      const adjustments = await adjust({
        submission: prepared.submission,
        points,
        maxPoints,
        tests,
      })
      return { adjustments: adjustments.map(checkAdjustment) }
    } catch (error) {
      const reason = asError(error).message
      return { problems: [forStaff(`\`adjust\` failed: ${reason}. Correct it and grade again.`)] }
    }
  }

  #asReport(plan: Plan) {
    const tests = plan.tests.map((test): ReportTest => {
      const outcome = this.#outcomes.get(test.number)
      return {
        ...test,
        points: 0,
        earned: outcome?.earned ?? 0,
        status: outcome?.status ?? 'error',
        studentMessage: '',
        staffMessage: '',
        durationMs: 0,
        runs: [],
        attempts: [],
      }
    })
    return {
      id: this.found.id,
      people: [],
      source: '',
      metadata: {},
      files: [],
      tests,
      adjustments: [],
      points: 0,
      maxPoints: 0,
      complete: true,
      gradable: true,
      problems: [],
    }
  }
}

function checkAdjustment({
  name,
  points,
  message,
}: {
  name: string
  points: number
  message?: string
}): ReportAdjustment {
  if (typeof name !== 'string' || typeof points !== 'number' || !Number.isFinite(points)) {
    throw new Error(`expected { name, points }, got ${JSON.stringify({ name, points })}`)
  }
  return { name, points: roundPoints(points), message: visible(String(message ?? '')) }
}
