import type { ReportSubmission } from './report-schema.ts'

/** Whether a submission has no program at all. A program that does not build is an ordinary wrong answer. */
export const hasNoProgram = ({ build }: ReportSubmission): boolean =>
  build?.problem !== undefined && build.problem !== 'build-failed'
