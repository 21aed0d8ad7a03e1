export { type BuiltProgram, buildSubmission } from './languages/build.ts'
export { chooseLanguages, type LanguageChoice } from './languages/choose-languages.ts'
export { type Detected, detectLanguage } from './languages/detect.ts'
export { type InstalledLanguage, installedLanguages } from './languages/installed.ts'
export type {
  BuiltFile,
  Command,
  Language,
  LanguageTable,
  Project,
  SourceFile,
} from './languages/language.ts'
export { limitsFor } from './languages/language-limits.ts'
export { languages } from './languages/language-table.ts'
export { readSubmissionFiles, type SubmittedFile } from './languages/submission-files.ts'
export { SubmissionProblem } from './languages/submission-problem.ts'
export { mergeReports } from './report/merge-reports.ts'
export { addPoints, formatPoints } from './report/points.ts'
export { parseReport, readReport } from './report/read-report.ts'
export {
  type FeedbackMode,
  type GroupMode,
  type ProblemCode,
  REPORT_FORMAT,
  type Report,
  type ReportAdjustment,
  type ReportAttempt,
  type ReportBuild,
  type ReportFile,
  type ReportPerson,
  type ReportRun,
  type ReportSubmission,
  type ReportTest,
  type TestStatus,
  type Visibility,
} from './report/report-schema.ts'
export { findSubmissions } from './submissions/find.ts'
export type { FoundSubmission } from './submissions/found-submission.ts'
export {
  type ReportKind,
  type ReportPart,
  type ReportWriter,
  splitReport,
  type WriterOptions,
  writers,
} from './writers/index.ts'
