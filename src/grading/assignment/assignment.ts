import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { contentAround } from '../cache/content-around.ts'
import { fingerprint } from '../cache/fingerprint.ts'
import { chooseLanguages } from '../languages/choose-languages.ts'
import { limitsFor } from '../languages/language-limits.ts'
import { type FeedbackMode, type GroupMode, groupModes } from '../report/report-schema.ts'
import { type DeclaredGroup, type Plan, planPoints } from '../report/score.ts'
import type { GradedMeta } from '../report/test-outcome.ts'
import { refuseUnwritableReports } from '../reporting/unwritable-reports.ts'
import { findSubmissions } from '../submissions/find.ts'
import { selectSubmissions } from '../submissions/select.ts'
import type {
  AssignmentOptions,
  CasesOptions,
  GradedTest,
  GradingContext,
  GroupOptions,
  TestOptions,
} from './assignment-options.ts'
import { readCases } from './cases.ts'
import { checkGradingOptions } from './check-grading-options.ts'
import type { GradedTestDeclaration } from './declared.ts'
import { SubmissionState } from './submission-state.ts'
import { rowTitle } from './title.ts'

/** This variable replaces `submissions`. */
const SUBMISSIONS_VARIABLE = 'GRADEBOX_SUBMISSIONS'

/** The functions that an assignment needs from a test runner. */
export interface TestRunner<Expect> {
  /** The test file that is being loaded. */
  testFile(): string
  /** Compares a run with an exit code, and with an answer unless the output does not matter. */
  compare(run: unknown, answer: object | string | undefined, exitCode: number): void
  /** Declares a suite per submission; `tests()` returns all tests once the file is loaded. */
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

/** An assignment: the work of its submissions, and the points for it. */
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

/** A test that is data: an input, and the expected result of a right program. */
export interface DataTest {
  readonly name: string
  readonly options: TestOptions
  readonly args: readonly string[]
  readonly input: string
  /** Absent where the output does not matter. */
  readonly answer?: string
  readonly exitCode: number
  readonly compare: NonNullable<CasesOptions['compare']>
}

/** An assignment that also takes tests that are data. */
export interface DataAssignment<Expect> extends Assignment<Expect> {
  data(test: DataTest): void
}

/** Declares an assignment to a test runner. */
export function declareAssignment<Expect>(
  options: AssignmentOptions,
  runner: TestRunner<Expect>,
): DataAssignment<Expect> {
  checkGradingOptions('assignment', options, ['name', 'submissions'])
  refuseUnwritableReports()
  return new Declaring(options, runner)
}

class Declaring<Expect> implements DataAssignment<Expect>, Declared<Expect> {
  readonly options: AssignmentOptions
  readonly submissions: readonly SubmissionState[]
  readonly tests: GradedTestDeclaration<Expect>[] = []
  readonly test: DeclareTest<Expect>
  readonly #runner: TestRunner<Expect>
  readonly #testFile: string
  readonly #folder: string
  readonly #submissionPaths: readonly string[]
  readonly #places: readonly string[]
  readonly #groups: DeclaredGroup[] = []
  /** The number of tests with the same name and code, such as tests that a loop declares. */
  readonly #sameCode = new Map<string, number>()
  #around: { readonly content: unknown } | undefined

  constructor(options: AssignmentOptions, runner: TestRunner<Expect>) {
    this.options = options
    this.#runner = runner
    this.#testFile = runner.testFile()
    this.#folder = dirname(this.#testFile)
    const table = chooseLanguages(options.languages)
    // Checks the named languages at once, and others when a submission uses them.
    const languages = options.languages ?? []
    for (const name of Array.isArray(languages) ? languages : Object.keys(languages)) {
      if (table[name] !== undefined) limitsFor(table[name], [options.limits])
    }
    const instead = process.env[SUBMISSIONS_VARIABLE]
    const [place, from] =
      instead === undefined || instead === ''
        ? [options.submissions, this.#folder]
        : [instead, process.cwd()]
    const found = findSubmissions(place, from, table)
    this.#places = [place]
      .flat()
      .map((each) => resolve(from, each))
      .filter((each) => existsSync(each))
    const named = [options.submissions].flat().map((each) => resolve(this.#folder, each))
    this.#submissionPaths = [...named, ...found.map(({ path }) => path)]
    const language = options.feedbackLanguage ?? 'en'
    const plan = () => this.#plan()
    this.submissions = selectSubmissions(found).map(
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
      const { name, input, answer, args } = each
      this.data({ name, input, answer, args, options: own, exitCode: 0, compare })
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
    const { feedbackLanguage: language } = this.options
    return {
      gradeboxAssignment: this.options.name,
      ...(language === undefined || language === 'en' ? {} : { gradeboxLanguage: language }),
      gradeboxSubmission: found.id,
      gradeboxPeople: found.people,
      gradeboxSource: found.path,
      gradeboxPlaces: this.#places,
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
          const title = rowTitle(name, Array.isArray(row) ? row : [row], index)
          this.#addCode(title, own, fn, (context) => fn(...values, context))
        }
      }
    const declare = (name: string, ...rest: readonly unknown[]) => {
      const { options, fn } = takeOptions(rest)
      this.#addCode(name, options, fn, fn)
    }
    return Object.assign(declare, { each: table(true), for: table(false) }) as DeclareTest<Expect>
  }

  // A mode turns a table's tests into a group, which has the points.
  #ownGroup(name: string, { group, points }: TestOptions): string | undefined {
    if (group === undefined || !isMode(group)) return undefined
    const taken = this.#groups.filter(
      (each) => each.name === name || each.name.startsWith(`${name} (`),
    )
    const own = taken.length === 0 ? name : `${name} (${taken.length + 1})`
    this.#groups.push({ name: own, mode: group, points })
    return own
  }

  #addCode(
    name: string,
    options: TestOptions,
    code: AnyTest,
    fn: (context: GradingContext<Expect>) => unknown,
  ): void {
    const source = String(code)
    const key = fingerprint(name, source)
    const place = this.#sameCode.get(key) ?? 0
    this.#sameCode.set(key, place + 1)
    this.#add(name, options, fn, () => {
      this.#around ??= { content: contentAround(this.#testFile, this.#submissionPaths) }
      const { content } = this.#around
      return content && [source, place, content]
    })
  }

  #add(
    name: string,
    options: TestOptions,
    fn: (context: GradingContext<Expect>) => unknown,
    content: () => unknown,
  ): void {
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
      content,
      run: fn,
    }
    this.tests.push(test)
    this.#runner.declareTest(this, test)
  }

  data({ name, options, compare, ...test }: DataTest): void {
    this.#add(
      name,
      options,
      (context) => this.#judgeData({ ...test, compare }, context),
      () => ({ ...test, compare }),
    )
  }

  async #judgeData(
    { input, answer, args, exitCode, compare }: Omit<DataTest, 'name' | 'options'>,
    { run }: GradingContext<Expect>,
  ): Promise<void> {
    // As texts, these two are options of `stdin`.
    const isOption = input === 'pipe' || input === 'inherit'
    const result = await run({ stdin: isOption ? Buffer.from(input) : input, args })
    const expected = answer === undefined ? undefined : expectedOutput(compare, answer)
    this.#runner.compare(result, expected, exitCode)
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
  return typeof compare === 'string' ? { [compare]: answer } : { tokens: answer, ...compare }
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
