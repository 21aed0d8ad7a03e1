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
 * The data that a graded test sends to the process that writes the report. Its keys are flat, because Vitest
 * replaces nested objects of `meta` on inheritance.
 */
export interface GradedMeta {
  readonly gradeboxAssignment: string
  /** The language of the messages for students; absent for English. */
  readonly gradeboxLanguage?: string
  readonly gradeboxSubmission: string
  readonly gradeboxPeople: readonly ReportPerson[]
  /** The submission's path on this machine. */
  readonly gradeboxSource: string
  /** The paths that `submissions` names, where they exist: folders, zip files or single files. */
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

/** The key on a Jest test's function for its {@link GradedMeta}, which the Jest environment reports. */
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
  /** Set for the test of a submission that ends first. */
  readonly submission?: SubmissionFacts
  /** Set for the test that ends last. */
  readonly adjustments?: readonly ReportAdjustment[]
  /** A further problem that prevents the grading of the submission. */
  readonly problems?: readonly string[]
}

/** The facts about a submission whose files are read and whose program is built. */
export interface SubmissionFacts
  extends Pick<ReportSubmission, 'metadata' | 'submittedAt' | 'language'> {
  readonly files: readonly ReportFile[]
  readonly build: ReportBuild
}

/** The name of a graded test among all graded tests. */
export const testKey = (meta: GradedMeta): string =>
  JSON.stringify([meta.gradeboxAssignment, meta.gradeboxSubmission, meta.gradeboxNumber])
