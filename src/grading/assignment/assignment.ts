import { dirname, resolve } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { quoted } from '../../units/visible.ts'
import { contentAround } from '../cache/content-around.ts'
import { fingerprint } from '../cache/fingerprint.ts'
import { chooseLanguages } from '../languages/choose-languages.ts'
import { limitsFor } from '../languages/language-limits.ts'
import { expectBuilds } from '../languages/toolchain.ts'
import type { FeedbackMode } from '../report/report-schema.ts'
import { type Plan, planPoints } from '../report/score.ts'
import type { GradedMeta } from '../report/test-outcome.ts'
import { refuseUnwritableReports } from '../reporting/unwritable-reports.ts'
import { chooseSubmissions } from '../submissions/choose.ts'
import { type Shard, selectSubmissions } from '../submissions/select.ts'
import type { DataAssignment, DeclareTest } from './assignment-interface.ts'
import type {
  AssignmentOptions,
  CasesOptions,
  GradingContext,
  GroupOptions,
  TestOptions,
} from './assignment-options.ts'
import { readCases } from './cases.ts'
import { checkGradingOptions } from './check-grading-options.ts'
import { type DataTest, judgeData } from './data-test.ts'
import type { GradedTestDeclaration } from './declared.ts'
import { SubmissionState } from './submission-state.ts'
import { Groups } from './test-groups.ts'
import type { Declared, TestRunner } from './test-runner.ts'
import { rowTitle } from './title.ts'

/**
 * Declares an assignment to a test runner.
 *
 * @param part the part of the submissions to declare; all by default
 */
export function declareAssignment<Expect>(
  options: AssignmentOptions,
  runner: TestRunner<Expect>,
  part?: Shard,
): DataAssignment<Expect> {
  checkGradingOptions('assignment', options, ['name', 'submissions'])
  refuseUnwritableReports()
  return new Declaring(options, runner, part)
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
  readonly #groups = new Groups()
  /** The number of tests with the same name and code, such as tests that a loop declares. */
  readonly #sameCode = new Map<string, number>()
  #around: { readonly content: unknown } | undefined

  constructor(options: AssignmentOptions, runner: TestRunner<Expect>, part: Shard | undefined) {
    this.options = options
    this.#runner = runner
    this.#testFile = runner.testFile()
    this.#folder = dirname(this.#testFile)
    const table = chooseLanguages(options.languages)
    // Checks the named languages at once. Gradebox checks any other language when a submission uses the language.
    const languages = options.languages ?? []
    for (const name of Array.isArray(languages) ? languages : Object.keys(languages)) {
      if (table[name] !== undefined) limitsFor(table[name], [options.limits])
    }
    const { found, chosen, places } = chooseSubmissions(options.submissions, this.#folder, table)
    this.#places = places
    const named = [options.submissions].flat().map((each) => resolve(this.#folder, each))
    this.#submissionPaths = [...named, ...found.map(({ path }) => path)]
    runner.refuseSearched?.([...this.#places, ...found.map(({ path }) => path)])
    const language = options.feedbackLanguage ?? 'en'
    const plan = () => this.#plan()
    this.submissions = (part === undefined ? chosen : selectSubmissions(chosen, '', part)).map(
      (each) => new SubmissionState(each, { options, table, language, plan }),
    )
    expectBuilds(this.submissions.length)
    this.test = this.#declareTest()
    runner.declareSuites(this)
  }

  cases(pattern: string, { compare = 'lines', ...options }: CasesOptions = {}): void {
    checkGradingOptions('cases', { compare, ...options })
    const group = this.#groups.addForTable(pattern, options)
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
    this.#groups.add(name, options)
  }

  meta({ found }: SubmissionState, { plan }: GradedTestDeclaration<Expect>): GradedMeta {
    const group = this.#groups.named(plan.group)
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
        const group = this.#groups.addForTable(name, options)
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
    if (typeof name !== 'string' || name.trim() === '') {
      throw new SandboxError(`A graded test needs a name, got ${quoted(name)}`, {
        code: 'OPTION_INVALID',
        hint: 'Students and reports know the test by its name.',
      })
    }
    checkGradingOptions('test', options)
    const { group, hint, visibility = 'visible' } = options
    if (group !== undefined && this.#groups.named(group) === undefined) {
      throw new SandboxError(
        `The test "${name}" names the group \`${group}\`, which is not declared`,
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
      (context) => judgeData({ ...test, compare }, context, this.#runner),
      () => ({ ...test, compare }),
    )
  }

  #plan(): Plan {
    return planPoints(
      this.tests.map(({ plan }) => plan),
      this.#groups.declared,
    )
  }
}

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
