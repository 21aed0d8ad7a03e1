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

/** The options of `assignment()`. */
export interface AssignmentOptions {
  /** The assignment's name, as reports show it. */
  readonly name: string
  /**
   * The submissions, relative to the test file. The value is one of these: a folder with one folder per student; one
   * submission (a folder with a program, or a file); several paths and globs of one submission each. The environment
   * variable `GRADEBOX_SUBMISSIONS` replaces this value. The paths in the variable are relative to the working
   * directory.
   */
  readonly submissions: string | readonly string[]
  /** The limits of every run of a program. They replace the limits of the program's language. */
  readonly limits?: LimitOptions
  /**
   * The accepted languages, or changes to them.
   *
   * @default all languages that come with Gradebox
   */
  readonly languages?: LanguageChoice
  /**
   * The language of the messages for students.
   *
   * @default 'en'
   */
  readonly feedbackLanguage?: FeedbackLanguage
  /**
   * Gradebox calls this function once per submission, after the last test. The function returns deductions and bonuses,
   * such as a deduction for a late submission.
   *
   * @example
   * adjust: ({ submission, points }) =>
   *   daysLate(submission) > 0 ? [{ name: 'late', points: -points * 0.1, message: 'One day late' }] : []
   */
  readonly adjust?: (graded: Graded) => readonly Adjustment[] | Promise<readonly Adjustment[]>
  /**
   * Whether tests run at the same time, if there are enough processors.
   *
   * @default true with Vitest, false with Jest
   */
  readonly concurrent?: boolean
}

/** The facts about a submission that a test can read. */
export interface Submission {
  /** The name of the submission's folder or file. */
  readonly id: string
  readonly people: readonly ReportPerson[]
  /** The submission's path on this machine. */
  readonly path: string
  /** Facts from the platform, such as `due_date`. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly submittedAt?: string
  /** The submitted files. Their text has LF at line ends, and no byte order mark. */
  readonly files: readonly { readonly path: string; readonly text?: string }[]
  /** The language's name in the language table; absent when Gradebox could not detect the language. */
  readonly language?: string
}

/** The argument of `adjust`. */
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
  /** Below 0 for a deduction. Gradebox rounds the points to six digits after the point. */
  readonly points: number
  /** The message for the student. */
  readonly message?: string
}

/** The options of a graded test. */
export interface TestOptions {
  /**
   * The points of the test, with at most six digits after the point. With a group mode, `.each`, `.for` and `.cases`
   * take the points of all their tests together.
   *
   * @default 1
   */
  readonly points?: number
  /** Whether the points count in addition to the maximum. @default false */
  readonly extraCredit?: boolean
  /** @default 'visible' */
  readonly visibility?: Visibility
  /**
   * The name of a declared group. `.each`, `.for` and `.cases` also take a mode here, which turns their tests into a
   * group.
   */
  readonly group?: GroupMode | (string & {})
  /** The text that a student reads when the test fails. */
  readonly hint?: string
  /** @default 'full', and 'none' for hidden tests */
  readonly feedback?: FeedbackMode
  /** The limits of the test's runs. They replace the limits of the assignment. */
  readonly limits?: LimitOptions
  /**
   * The longest time of the test with its builds and runs, in milliseconds. Programs have their own limits.
   *
   * @default 300000
   */
  readonly timeout?: number
  /**
   * How often Gradebox repeats a failed test. The report contains every attempt.
   *
   * @default 0
   */
  readonly retry?: number
}

/** The options of `.cases`. */
export interface CasesOptions extends TestOptions {
  /**
   * How to compare the output. `lines` compares line by line, without white space at line ends. `tokens` compares
   * words, and `exact` compares bytes. An object compares words with options: the largest difference of numbers,
   * whether case counts, and prompts to remove.
   *
   * @default 'lines'
   * @example { float: 1e-6 }
   */
  readonly compare?: 'lines' | 'tokens' | 'exact' | Omit<ExpectedTokens, 'tokens'>
}

/** The options of `.group`. */
export interface GroupOptions {
  /**
   * The points of all tests of the group together. Gradebox divides these points in proportion to the tests' own
   * points.
   *
   * @default the sum of the tests' points
   */
  readonly points?: number
  /**
   * `sum` adds up the tests' points. `all` gives points only if every test passes. `min` scales the points of all tests
   * by the worst test.
   *
   * @default 'sum'
   */
  readonly mode?: GroupMode
}

/**
 * The options of a run of the submission's program: any option of `sandboxed()`, and the program's arguments.
 */
export interface RunOptions extends Omit<SandboxOptions, 'workdir' | 'encoding'> {
  readonly args?: readonly string[]
}

/** The options of a run of the submission's program when it talks to a judge. */
export interface InteractOptions
  extends Omit<InteractiveProgram, 'command' | 'args' | 'workdir'>,
    Pick<RunOptions, 'args'> {}

/**
 * The teacher's program that talks to the submission's program. Its policy and limits are those of
 * `sandboxed()`.
 */
export interface JudgeProgram extends InteractiveProgram {
  /**
   * The exit codes by which the judge gives its verdict. Another code makes the test an `error`.
   *
   * @default every exit code
   * @example [42, 43]
   */
  readonly verdicts?: readonly number[]
}

/** The argument of a graded test's function. */
export interface GradingContext<Expect> {
  readonly submission: Submission
  /** Runs the submission's program in a sandbox of its own. */
  readonly run: (options?: RunOptions) => SandboxHandle
  /**
   * Runs the submission's program with a judge. Each of the two programs reads the other's output. In `results`, the
   * judge's run comes first.
   *
   * The promise is rejected with a `SandboxError` JUDGE_FAILED when a signal, a limit or the filter ends the judge. An
   * exit code of the judge that is not in `verdicts` has the same effect. The test is then an `error`, never 0 points.
   *
   * @example
   * const { results: [judge] } = await interact({ command: 'python3', args: ['-c', source], policy: 'python' })
   * expect(judge).toSucceed()
   */
  readonly interact: (judge: JudgeProgram, options?: InteractOptions) => InteractionHandle
  /**
   * Gives some of the test's points. Several calls add up. A test that passes without a call gives all points.
   *
   * @param message the message for the student
   */
  readonly award: (points: number, message?: string) => void
  readonly expect: Expect
}

/** A graded test's function. */
export type GradedTest<Expect, Rows extends readonly unknown[] = []> = (
  ...args: [...Rows, GradingContext<Expect>]
) => unknown
