import { writeCsv } from './csv.ts'
import { writeJson } from './json.ts'
import type { ReportWriter } from './writer.ts'

export type { ReportWriter, WriterOptions } from './writer.ts'

/** Every format that a report can be written in, by the kind that `reports` and `--report` name. */
export const writers = {
  json: writeJson,
  csv: writeCsv,
} as const satisfies Readonly<Record<string, ReportWriter>>

/** A key of `writers`. */
export type ReportKind = keyof typeof writers
