export { type ReportPart, splitReport } from './split.ts'
export type { ReportWriter, WriterOptions } from './writer.ts'
export { type ReportKind, writers } from './writers.ts'
