import { arch, availableParallelism, release, totalmem, type } from 'node:os'
import { relative } from 'node:path'
import { timeOfDay } from '../../globals.ts'
import { packageVersion } from '../package-version.ts'
import { orderSubmissions } from '../report/merge-reports.ts'
import {
  REPORT_FORMAT,
  type Report,
  type ReportAdjustment,
  type ReportSubmission,
  type ReportTest,
} from '../report/report-schema.ts'
import {
  type DeclaredGroup,
  type DeclaredTest,
  type Plan,
  planPoints,
  scoreSubmission,
} from '../report/score.ts'
import type { GradedMeta, SubmissionFacts, TestOutcome } from '../report/test-outcome.ts'
import { chosenShard } from '../submissions/select.ts'

interface Entry {
  readonly meta: GradedMeta
  readonly outcomes: Map<number, TestOutcome>
  facts?: SubmissionFacts | undefined
  adjustments?: readonly ReportAdjustment[] | undefined
  readonly problems: Set<string>
  /**
   * The submission as in the last report; undefined after a change. The ledger keeps this value, because the ledger
   * makes the report of a class thousands of times.
   */
  reported?: { readonly plan: Plan; readonly submission: ReportSubmission } | undefined
}

interface AssignmentRecord {
  language?: string
  /** The points of each test; undefined after {@link Ledger.plan} has added a test. */
  plan?: Plan | undefined
  readonly tests: Map<number, DeclaredTest>
  readonly groups: Map<string, DeclaredGroup>
  readonly submissions: Map<string, Entry>
  /** The tests that have been planned, each as its submission and number. */
  readonly planned: Set<string>
}

/** Collects the outcomes of the tests of a grading, and makes reports at any moment. */
export class Ledger {
  readonly #root: string
  readonly #assignments = new Map<string, AssignmentRecord>()
  readonly #startedAt = timeOfDay()
  #done = 0

  /** @param root the directory to which the paths of submissions are relative */
  constructor(root: string) {
    this.#root = root
  }

  /** Whether there is no graded test. */
  get isEmpty(): boolean {
    return this.#assignments.size === 0
  }

  /** Records a test that will run. */
  plan(meta: GradedMeta): void {
    const { gradeboxSubmission: id, gradeboxNumber: number } = meta
    const record = this.#assignment(meta.gradeboxAssignment)
    if (meta.gradeboxLanguage !== undefined) record.language = meta.gradeboxLanguage
    if (!record.tests.has(number)) {
      record.tests.set(number, declared(meta))
      const { gradeboxGroup: name, gradeboxGroupMode: mode, gradeboxGroupPoints: points } = meta
      if (name !== undefined && mode !== undefined) record.groups.set(name, { name, mode, points })
      record.plan = undefined
    }
    if (!record.submissions.has(id)) {
      record.submissions.set(id, { meta, outcomes: new Map(), problems: new Set() })
    }
    record.planned.add(key(meta))
  }

  /** Records the outcome of a test. A later outcome of the same test replaces the earlier outcome. */
  end(meta: GradedMeta, outcome: TestOutcome): void {
    this.plan(meta)
    const entry = this.#assignment(meta.gradeboxAssignment).submissions.get(meta.gradeboxSubmission)
    if (entry === undefined) return
    if (!entry.outcomes.has(meta.gradeboxNumber)) this.#done += 1
    entry.outcomes.set(meta.gradeboxNumber, outcome)
    entry.reported = undefined
    entry.facts = outcome.submission ?? entry.facts
    entry.adjustments = outcome.adjustments ?? entry.adjustments
    for (const problem of outcome.problems ?? []) entry.problems.add(problem)
  }

  /** Records a test that ended without an outcome, for example because its worker ended. */
  fail(meta: GradedMeta, reason: string): void {
    this.end(meta, {
      status: 'error',
      earned: 0,
      studentMessage: '',
      staffMessage: reason,
      durationMs: 0,
      runs: [],
      attempts: [{ status: 'error', message: reason }],
    })
  }

  hasEnded(meta: GradedMeta): boolean {
    const record = this.#assignments.get(meta.gradeboxAssignment)
    return (
      record?.submissions.get(meta.gradeboxSubmission)?.outcomes.has(meta.gradeboxNumber) ?? false
    )
  }

  /** The number of all tests, and the number of tests that have ended. */
  progress(): { readonly done: number; readonly all: number } {
    const all = [...this.#assignments.values()].reduce((sum, { planned }) => sum + planned.size, 0)
    return { done: this.#done, all }
  }

  /** Makes one report per assignment. */
  reports(): Report[] {
    return [...this.#assignments].map(([name, record]) => this.#report(name, record))
  }

  #assignment(name: string): AssignmentRecord {
    const record = this.#assignments.get(name) ?? {
      tests: new Map(),
      groups: new Map(),
      submissions: new Map(),
      planned: new Set(),
    }
    this.#assignments.set(name, record)
    return record
  }

  #report(name: string, record: AssignmentRecord): Report {
    const { language } = record
    const shard = chosenShard()
    record.plan ??= planOf(record)
    const { plan } = record
    const submissions = orderSubmissions(
      [...record.submissions].map(([id, entry]) => this.#reported(id, entry, record.tests, plan)),
    )
    return {
      format: REPORT_FORMAT,
      gradebox: packageVersion(),
      startedAt: this.#startedAt.toISOString(),
      updatedAt: timeOfDay().toISOString(),
      complete: submissions.every(({ complete }) => complete),
      assignment: { name, ...(language === undefined ? {} : { language }), ...plan },
      machine: machine(),
      ...(shard === undefined ? {} : { shard }),
      submissions,
    }
  }

  #reported(
    id: string,
    entry: Entry,
    tests: AssignmentRecord['tests'],
    plan: Plan,
  ): ReportSubmission {
    if (entry.reported?.plan !== plan) {
      entry.reported = {
        plan,
        submission: scoreSubmission(this.#submission(id, entry, tests), plan),
      }
    }
    return entry.reported.submission
  }

  #submission(id: string, entry: Entry, tests: AssignmentRecord['tests']): ReportSubmission {
    const { meta, facts, outcomes, adjustments = [], problems } = entry
    // Sorts the outcomes by test number, because concurrent tests end in any order.
    const ended = [...outcomes]
      .sort(([one], [other]) => one - other)
      .flatMap(([number, outcome]) => {
        const test = tests.get(number)
        return test === undefined ? [] : [endedTest(test, outcome)]
      })
    return {
      id,
      people: [...meta.gradeboxPeople],
      source: within(this.#root, meta.gradeboxSource),
      ...(facts?.submittedAt === undefined ? {} : { submittedAt: facts.submittedAt }),
      metadata: facts?.metadata ?? {},
      files: [...(facts?.files ?? [])],
      ...(facts?.language === undefined ? {} : { language: facts.language }),
      ...(facts === undefined ? {} : { build: facts.build }),
      tests: ended,
      adjustments: [...adjustments],
      points: 0,
      maxPoints: 0,
      complete: false,
      gradable: false,
      problems: [...problems, ...troubles(ended)],
    }
  }
}

function planOf({ tests, groups }: AssignmentRecord): Plan {
  const inOrder = [...tests.values()].sort((a, b) => a.number - b.number)
  return planPoints(inOrder, [...groups.values()])
}

const key = (meta: GradedMeta) => `${meta.gradeboxSubmission}\0${meta.gradeboxNumber}`

function declared(meta: GradedMeta): DeclaredTest {
  return {
    number: meta.gradeboxNumber,
    name: meta.gradeboxTest,
    ...(meta.gradeboxGroup === undefined ? {} : { group: meta.gradeboxGroup }),
    weight: meta.gradeboxPoints,
    extraCredit: meta.gradeboxExtraCredit,
    visibility: meta.gradeboxVisibility,
    feedback: meta.gradeboxFeedback,
    ...(meta.gradeboxHint === undefined ? {} : { hint: meta.gradeboxHint }),
  }
}

function endedTest({ feedback: _, ...test }: DeclaredTest, outcome: TestOutcome): ReportTest {
  const { submission: __, adjustments: ___, problems: ____, runs, attempts, ...rest } = outcome
  return { ...test, points: 0, maxPoints: 0, ...rest, runs: [...runs], attempts: [...attempts] }
}

// One line per cause, because a missing compiler fails every test of a submission for the same reason.
function troubles(tests: readonly ReportTest[]): string[] {
  const causes = new Map<string, string[]>()
  for (const { status, name, staffMessage } of tests) {
    if (status !== 'error') continue
    causes.set(staffMessage, [...(causes.get(staffMessage) ?? []), name])
  }
  return [...causes].map(([cause, names]) => `${names.join(', ')}: ${shortCause(cause)}`)
}

// Keeps the first line and the hint. The report has the whole message with each test.
function shortCause(cause: string): string {
  const [first = '', ...rest] = cause.split('\n')
  const hint = rest.map((line) => line.trim()).find((line) => line.startsWith('hint: '))
  return hint === undefined ? first : `${first}. ${hint.slice('hint: '.length)}`
}

function within(root: string, path: string): string {
  const inside = relative(root, path)
  return inside === '' || inside.startsWith('..') ? path : inside
}

const machine = (): Report['machine'] => ({
  os: type(),
  kernel: release(),
  arch: arch(),
  processors: availableParallelism(),
  memoryBytes: totalmem(),
})
