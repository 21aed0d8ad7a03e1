export { mergeReports } from './report/merge.ts'
export { addPoints, formatPoints } from './report/points.ts'
export { parseReport, readReport } from './report/read.ts'
export {
  type FeedbackMode,
  type GroupMode,
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
} from './report/schema.ts'
export {
  type ReportKind,
  type ReportPart,
  type ReportWriter,
  splitReport,
  type WriterOptions,
  writers,
} from './writers/index.ts'
