import { resolve } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { chooseLanguages } from '../languages/choose.ts'
import { limitsFor } from '../languages/limits.ts'
import { type FeedbackMode, type GroupMode, groupModes } from '../report/schema.ts'
import { type DeclaredGroup, type Plan, planPoints } from '../report/score.ts'
import { findSubmissions } from '../submissions/find.ts'
import { type Case, readCases } from './cases.ts'
import { checkGradingOptions } from './check.ts'
import type { GradedTestDeclaration } from './declared.ts'
import type {
  AssignmentOptions,
  CasesOptions,
  GradedTest,
  GradingContext,
  GroupOptions,
  TestOptions,
} from './options.ts'
import type { GradedMeta } from './records.ts'
import { SubmissionState } from './submission-state.ts'
import { rowTitle } from './title.ts'

/** Takes the place of `submissions`. */
const SUBMISSIONS_VARIABLE = 'GRADEBOX_SUBMISSIONS'

/** What an assignment needs of a test runner. */
export interface TestRunner<Expect> {
  /** The test file that is being loaded. */
  testFile(): string
  /** Compares a run with a case's answer. */
  compare(expect: Expect, run: unknown, answer: object | string): void
  /** Declares a suite per submission; `tests()` has them all once the file is loaded. */
  declareSuites(declared: Declared<Expect>): void
  /** Called after each declaration of a test, while its line is on the stack. */
  declareTest(declared: Declared<Expect>, test: GradedTestDeclaration<Expect>): void
}

/** An assignment, as a test runner sees it. */
export interface Declared<Expect> {
  readonly options: AssignmentOptions
  readonly submissions: readonly SubmissionState[]
  readonly tests: readonly GradedTestDeclaration<Expect>[]
  meta(submission: SubmissionState, test: GradedTestDeclaration<Expect>): GradedMeta
}

/** `.test.each(rows)(name, options?, fn)` */
type RowsTest<Expect, Rows extends readonly unknown[]> = {
  (name: string, fn: GradedTest<Expect, Rows>): void
  (name: string, options: TestOptions, fn: GradedTest<Expect, Rows>): void
}

/** Declares a graded test; every submission gets it. */
export interface DeclareTest<Expect> extends RowsTest<Expect, []> {
  /** Declares a test per row; the function gets the row's values, then the context. */
  each<Row extends readonly unknown[] | readonly [unknown]>(
    rows: readonly Row[],
  ): RowsTest<Expect, Row>
  each<Row>(rows: readonly Row[]): RowsTest<Expect, [Row]>
  /** Declares a test per row; the function gets the row, then the context. */
  for<Row>(rows: readonly Row[]): RowsTest<Expect, [Row]>
}

/** An assignment: what its submissions must do, and what that is worth. */
export interface Assignment<Expect> {
  readonly test: DeclareTest<Expect>
  /**
   * Declares a test per case: the program reads `NAME.in` and must print `NAME.ans` (or `.out`, `.a`).
   *
   * @param pattern a folder or a glob, relative to the test file
   */
  cases(pattern: string, options?: CasesOptions): void
  /** Declares a group, which tests join by `group: name`. */
  group(name: string, options?: GroupOptions): void
}

/** Declares an assignment to a test runner. */
export function declareAssignment<Expect>(
  options: AssignmentOptions,
  runner: TestRunner<Expect>,
): Assignment<Expect> {
  checkGradingOptions('assignment', options, ['name', 'submissions'])
  return new Declaring(options, runner)
}

class Declaring<Expect> implements Assignment<Expect>, Declared<Expect> {
  readonly options: AssignmentOptions
  readonly submissions: readonly SubmissionState[]
  readonly tests: GradedTestDeclaration<Expect>[] = []
  readonly test: DeclareTest<Expect>
  readonly #runner: TestRunner<Expect>
  readonly #folder: string
  readonly #groups: DeclaredGroup[] = []

  constructor(options: AssignmentOptions, runner: TestRunner<Expect>) {
    this.options = options
    this.#runner = runner
    this.#folder = resolve(runner.testFile(), '..')
    const table = chooseLanguages(options.languages)
    // Languages that were named are checked at once, others when a submission turns up.
    const named = options.languages ?? []
    for (const name of Array.isArray(named) ? named : Object.keys(named)) {
      if (table[name] !== undefined) limitsFor(table[name], [options.limits])
    }
    const instead = process.env[SUBMISSIONS_VARIABLE]
    const found =
      instead === undefined || instead === ''
        ? findSubmissions(options.submissions, this.#folder, table)
        : findSubmissions(instead, process.cwd(), table)
    const language = options.feedbackLanguage ?? 'en'
    const plan = () => this.#plan()
    this.submissions = found.map(
      (each) => new SubmissionState(each, { options, table, language, plan }),
    )
    this.test = this.#declareTest()
    runner.declareSuites(this)
  }

  cases(pattern: string, { compare = 'lines', ...options }: CasesOptions = {}): void {
    checkGradingOptions('cases', { compare, ...options })
    const group = this.#ownGroup(pattern, options)
    for (const each of readCases(pattern, this.#folder)) {
      const { points = options.points, hint = options.hint } = each
      const own = {
        ...options,
        ...(group === undefined ? {} : { group }),
        ...pointsOf(group === undefined ? points : (each.points ?? 1)),
        ...(hint === undefined ? {} : { hint }),
      }
      this.#add(each.name, own, (context) => this.#judgeCase(each, compare, context))
    }
  }

  group(name: string, options: GroupOptions = {}): void {
    checkGradingOptions('group', options)
    if (isMode(name) || this.#groups.some((group) => group.name === name)) {
      throw new SandboxError(`A group cannot be named \`${name}\``, {
        code: 'OPTION_INVALID',
        hint: isMode(name) ? 'The name is that of a mode.' : 'There is a group of that name.',
      })
    }
    const { mode = 'sum', points } = options
    this.#groups.push({ name, mode, points })
  }

  meta({ found }: SubmissionState, { plan }: GradedTestDeclaration<Expect>): GradedMeta {
    const group = this.#groups.find(({ name }) => name === plan.group)
    return {
      gradeboxAssignment: this.options.name,
      gradeboxSubmission: found.id,
      gradeboxPeople: found.people,
      gradeboxSource: found.path,
      gradeboxNumber: plan.number,
      gradeboxTest: plan.name,
      gradeboxPoints: plan.weight,
      gradeboxExtraCredit: plan.extraCredit,
      gradeboxVisibility: plan.visibility,
      gradeboxFeedback: plan.feedback,
      ...(plan.hint === undefined ? {} : { gradeboxHint: plan.hint }),
      ...(group === undefined
        ? {}
        : {
            gradeboxGroup: group.name,
            gradeboxGroupMode: group.mode,
            ...(group.points === undefined ? {} : { gradeboxGroupPoints: group.points }),
          }),
    }
  }

  #declareTest(): DeclareTest<Expect> {
    const table =
      (spread: boolean) =>
      (rows: readonly unknown[]) =>
      (name: string, ...rest: readonly unknown[]) => {
        const { options, fn } = takeOptions(rest)
        const group = this.#ownGroup(name, options)
        for (const [index, row] of rows.entries()) {
          const values = spread && Array.isArray(row) ? row : [row]
          const own = group === undefined ? options : { ...options, group, ...pointsOf(1) }
          this.#add(rowTitle(name, Array.isArray(row) ? row : [row], index), own, (context) =>
            fn(...values, context),
          )
        }
      }
    const declare = (name: string, ...rest: readonly unknown[]) => {
      const { options, fn } = takeOptions(rest)
      this.#add(name, options, fn)
    }
    return Object.assign(declare, { each: table(true), for: table(false) }) as DeclareTest<Expect>
  }

  // A mode makes a group of a table's tests, which has the points.
  #ownGroup(name: string, { group, points }: TestOptions): string | undefined {
    if (group === undefined || !isMode(group)) return undefined
    const taken = this.#groups.filter(
      (each) => each.name === name || each.name.startsWith(`${name} (`),
    )
    const own = taken.length === 0 ? name : `${name} (${taken.length + 1})`
    this.#groups.push({ name: own, mode: group, points })
    return own
  }

  #add(name: string, options: TestOptions, fn: (context: GradingContext<Expect>) => unknown): void {
    checkGradingOptions('test', options)
    const { group, hint, visibility = 'visible' } = options
    if (group !== undefined && !this.#groups.some((each) => each.name === group)) {
      throw new SandboxError(
        `The test "${name}" wants the group \`${group}\`, which is not declared`,
        {
          code: 'OPTION_INVALID',
          hint: `Call .group('${group}', …) before.`,
        },
      )
    }
    const feedback: FeedbackMode = options.feedback ?? (visibility === 'hidden' ? 'none' : 'full')
    const test: GradedTestDeclaration<Expect> = {
      plan: {
        number: this.tests.length + 1,
        name,
        ...(group === undefined ? {} : { group }),
        weight: options.points ?? 1,
        extraCredit: options.extraCredit ?? false,
        visibility,
        feedback,
        ...(hint === undefined ? {} : { hint }),
      },
      limits: options.limits ?? {},
      timeoutMs: options.timeout ?? 300_000,
      retry: options.retry ?? 0,
      run: fn,
    }
    this.tests.push(test)
    this.#runner.declareTest(this, test)
  }

  async #judgeCase(
    { input, answer, args }: Case,
    compare: NonNullable<CasesOptions['compare']>,
    { run, expect }: GradingContext<Expect>,
  ): Promise<void> {
    const result = await run({ stdin: input, args })
    this.#runner.compare(expect, result, expectedOutput(compare, answer))
  }

  #plan(): Plan {
    return planPoints(
      this.tests.map(({ plan }) => plan),
      this.#groups,
    )
  }
}

function expectedOutput(
  compare: NonNullable<CasesOptions['compare']>,
  answer: string,
): object | string {
  if (compare === 'exact') return answer
  return typeof compare === 'string'
    ? { [compare]: answer }
    : { tokens: answer, float: compare.float }
}

const isMode = (name: string): name is GroupMode => (groupModes as readonly string[]).includes(name)

const pointsOf = (points: number | undefined) => (points === undefined ? {} : { points })

type AnyTest = (...args: readonly unknown[]) => unknown

function takeOptions(rest: readonly unknown[]): { options: TestOptions; fn: AnyTest } {
  const [first, second] = rest
  const fn = typeof first === 'function' ? first : second
  if (typeof fn !== 'function') {
    throw new SandboxError('A graded test needs a function', {
      code: 'OPTION_INVALID',
      hint: 'Write .test(name, options, async ({ run, expect }) => { … }).',
    })
  }
  return { options: typeof first === 'function' ? {} : (first as TestOptions), fn: fn as AnyTest }
}
