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
} from '../report/report-schema.ts'

/**
 * What a graded test carries to the process that writes the report. Vitest replaces nested objects of `meta` on
 * inheritance, so its keys are flat.
 */
export interface GradedMeta {
  readonly gradeboxAssignment: string
  /** The language of what students read; absent for English. */
  readonly gradeboxLanguage?: string
  readonly gradeboxSubmission: string
  readonly gradeboxPeople: readonly ReportPerson[]
  /** The submission's path on this machine. */
  readonly gradeboxSource: string
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

/** How a graded test ended. */
export interface TestOutcome {
  readonly status: TestStatus
  /** Of `gradeboxPoints`. */
  readonly earned: number
  readonly studentMessage: string
  readonly staffMessage: string
  readonly expected?: string
  readonly received?: string
  readonly durationMs: number
  readonly runs: readonly ReportRun[]
  readonly attempts: readonly ReportAttempt[]
  /** With the first test of a submission that ends. */
  readonly submission?: SubmissionFacts
  /** With the last one. */
  readonly adjustments?: readonly ReportAdjustment[]
  /** What else keeps the submission from being graded. */
  readonly problems?: readonly string[]
}

/** What is known of a submission once its files are read and its program is built. */
export interface SubmissionFacts
  extends Pick<ReportSubmission, 'metadata' | 'submittedAt' | 'language'> {
  readonly files: readonly ReportFile[]
  readonly build: ReportBuild
}
