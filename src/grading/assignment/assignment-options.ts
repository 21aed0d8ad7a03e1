import type { FeedbackLanguage } from '../../feedback/feedback-texts.ts'
import type { ExpectedTokens } from '../../matchers/expected.ts'
import type { InteractionHandle, InteractiveProgram } from '../../runner/interact.ts'
import type { LimitOptions, SandboxOptions } from '../../runner/options/sandbox-options.ts'
import type { SandboxHandle } from '../../runner/sandboxed.ts'
import type { LanguageChoice } from '../languages/choose-languages.ts'
import type {
  FeedbackMode,
  GroupMode,
  ReportPerson,
  TestStatus,
  Visibility,
} from '../report/report-schema.ts'

/** What `assignment()` takes. */
export interface AssignmentOptions {
  /** The assignment's name, as reports show it. */
  readonly name: string
  /**
   * Where the submissions are, relative to the test file: a folder with one folder per student, one submission (a
   * folder with a program, or a file), or several paths and globs, each of one submission. The environment variable
   * `GRADEBOX_SUBMISSIONS` takes its place, relative to the working directory.
   */
  readonly submissions: string | readonly string[]
  /** Limits of every run of a program, over those of its language. */
  readonly limits?: LimitOptions
  /**
   * The languages that are taken, or changes to them.
   *
   * @default all that come with Gradebox
   */
  readonly languages?: LanguageChoice
  /**
   * The language of what students read.
   *
   * @default 'en'
   */
  readonly feedbackLanguage?: FeedbackLanguage
  /**
   * Called once per submission after its last test: deductions and bonuses, such as for a late submission.
   *
   * @example
   * adjust: ({ submission, points }) =>
   *   daysLate(submission) > 0 ? [{ name: 'late', points: -points * 0.1, message: 'One day late' }] : []
   */
  readonly adjust?: (graded: Graded) => readonly Adjustment[] | Promise<readonly Adjustment[]>
  /**
   * Whether tests run at the same time, as far as there are processors for them.
   *
   * @default true with Vitest, false with Jest
   */
  readonly concurrent?: boolean
}

/** A submission, as a test sees it. */
export interface Submission {
  /** The name of its folder or file. */
  readonly id: string
  readonly people: readonly ReportPerson[]
  /** Its path on this machine. */
  readonly path: string
  /** What the platform says about it, such as `due_date`. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly submittedAt?: string
  /** What was handed in; text without a byte order mark and with LF at the end of lines. */
  readonly files: readonly { readonly path: string; readonly text?: string }[]
  /** A name of the language table; absent when it could not be found out. */
  readonly language?: string
}

/** What `adjust` gets. */
export interface Graded {
  readonly submission: Submission
  readonly points: number
  readonly maxPoints: number
  readonly tests: readonly {
    readonly name: string
    readonly points: number
    readonly status: TestStatus
  }[]
}

/** A change of a submission's points. */
export interface Adjustment {
  readonly name: string
  /** Below 0 for a deduction; rounded to six digits. */
  readonly points: number
  /** What the student reads. */
  readonly message?: string
}

/** What a graded test takes. */
export interface TestOptions {
  /**
   * What the test gives, with at most six digits after the point. For `.each`, `.for` and `.cases` with a group mode:
   * what they give together.
   *
   * @default 1
   */
  readonly points?: number
  /** Whether the points are outside the maximum. @default false */
  readonly extraCredit?: boolean
  /** @default 'visible' */
  readonly visibility?: Visibility
  /** The name of a declared group; for `.each`, `.for` and `.cases` also a mode, which makes a group of them. */
  readonly group?: GroupMode | (string & {})
  /** What a student reads when the test fails. */
  readonly hint?: string
  /** @default 'full', and 'none' for hidden tests */
  readonly feedback?: FeedbackMode
  /** Limits of the test's runs, over those of the assignment. */
  readonly limits?: LimitOptions
  /**
   * How long the test may take with its builds and runs, in milliseconds; programs have limits of their own.
   *
   * @default 300000
   */
  readonly timeout?: number
  /** How often a test that failed is tried again; every try is in the report. @default 0 */
  readonly retry?: number
}

/** What `.cases` takes. */
export interface CasesOptions extends TestOptions {
  /**
   * How the output is compared: line by line without white space at the end of lines, by words, byte by byte, or by words
   * with options: how much numbers may differ, whether case counts, and prompts to remove.
   *
   * @default 'lines'
   * @example { float: 1e-6 }
   */
  readonly compare?: 'lines' | 'tokens' | 'exact' | Omit<ExpectedTokens, 'tokens'>
}

/** What `.group` takes. */
export interface GroupOptions {
  /** What its tests give together, shared by their own points. @default the sum of them */
  readonly points?: number
  /**
   * `sum` adds up; `all` gives points only if every test passes; `min` scales all by the worst test.
   *
   * @default 'sum'
   */
  readonly mode?: GroupMode
}

/** What a run of the submission's program takes: any option of `sandboxed()`, and the program's arguments. */
export interface RunOptions extends Omit<SandboxOptions, 'workdir' | 'encoding'> {
  readonly args?: readonly string[]
}

/** What a run of the submission's program takes when it talks to a judge. */
export interface InteractOptions
  extends Omit<InteractiveProgram, 'command' | 'args' | 'workdir'>,
    Pick<RunOptions, 'args'> {}

/** A program of the teacher's that talks to the submission's program. Its policy and limits are those of `sandboxed()`. */
export interface JudgeProgram extends InteractiveProgram {
  /**
   * The exit codes by which the judge gives its verdict. Another code makes the test an `error`.
   *
   * @default every exit code
   * @example [42, 43]
   */
  readonly verdicts?: readonly number[]
}

/** What a graded test gets. */
export interface GradingContext<Expect> {
  readonly submission: Submission
  /** Runs the submission's program in a sandbox of its own. */
  readonly run: (options?: RunOptions) => SandboxHandle
  /**
   * Runs the submission's program with a judge: what one writes, the other reads. `results` has the judge's run first.
   *
   * The promise is rejected with a `SandboxError` JUDGE_FAILED when a signal, a limit or the filter ends the judge, or its
   * exit code is none of `verdicts`. The test is then an `error`, never 0 points.
   *
   * @example
   * const { results: [judge] } = await interact({ command: 'python3', args: ['-c', source], policy: 'python' })
   * expect(judge).toSucceed()
   */
  readonly interact: (judge: JudgeProgram, options?: InteractOptions) => InteractionHandle
  /**
   * Gives points, of those of the test; several calls add up. A test that passes without a call gives all.
   *
   * @param message what the student reads
   */
  readonly award: (points: number, message?: string) => void
  readonly expect: Expect
}

/** A graded test's function. */
export type GradedTest<Expect, Rows extends readonly unknown[] = []> = (
  ...args: [...Rows, GradingContext<Expect>]
) => unknown
