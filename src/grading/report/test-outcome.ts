import type {
  FeedbackMode,
  GroupMode,
  ReportAdjustment,
  ReportAttempt,
  ReportBuild,
  ReportFile,
  ReportPerson,
  ReportRun,
  ReportSubmission,
  TestStatus,
  Visibility,
} from './report-schema.ts'

/**
 * The data that a graded test sends to the process that writes the report. Every setting has a top-level key, because
 * Vitest replaces nested objects of `meta` on inheritance.
 */
export interface GradedMeta {
  readonly gradeboxAssignment: string
  /** The language of the messages for students; absent for English. */
  readonly gradeboxLanguage?: string
  readonly gradeboxSubmission: string
  readonly gradeboxPeople: readonly ReportPerson[]
  /** The submission's path on this machine. */
  readonly gradeboxSource: string
  /** The existing paths that `submissions` names: folders, zip files or single files. */
  readonly gradeboxPlaces: readonly string[]
  readonly gradeboxNumber: number
  readonly gradeboxTest: string
  readonly gradeboxPoints: number
  readonly gradeboxExtraCredit: boolean
  readonly gradeboxVisibility: Visibility
  readonly gradeboxFeedback: FeedbackMode
  readonly gradeboxHint?: string
  readonly gradeboxGroup?: string
  readonly gradeboxGroupMode?: GroupMode
  readonly gradeboxGroupPoints?: number
  /** Set when the test has ended. */
  gradeboxOutcome?: TestOutcome
}

/** A Jest test's function has the test's {@link GradedMeta} under this key. The Jest environment reports this data. */
export const GRADED = Symbol.for('gradebox.gradedTest')

/** The outcome of a graded test. */
export interface TestOutcome {
  readonly status: TestStatus
  /** At most `gradeboxPoints`. */
  readonly earned: number
  readonly studentMessage: string
  readonly staffMessage: string
  readonly expected?: string
  readonly received?: string
  readonly durationMs: number
  readonly runs: readonly ReportRun[]
  readonly attempts: readonly ReportAttempt[]
  /** Set only by the test that ends first in its submission. */
  readonly submission?: SubmissionFacts
  /** Set only by the test that ends last in its submission. */
  readonly adjustments?: readonly ReportAdjustment[]
  /** Further problems that prevent the grading of the submission. */
  readonly problems?: readonly string[]
}

/** The facts about a submission that Gradebox knows after it has read the files and built the program. */
export interface SubmissionFacts
  extends Pick<ReportSubmission, 'metadata' | 'submittedAt' | 'language'> {
  readonly files: readonly ReportFile[]
  readonly build: ReportBuild
}

/** A key that is different for each graded test. */
export const testKey = (meta: GradedMeta): string =>
  JSON.stringify([meta.gradeboxAssignment, meta.gradeboxSubmission, meta.gradeboxNumber])
