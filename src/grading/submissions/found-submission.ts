import type { ReportPerson } from '../report/report-schema.ts'

/** A submission that `findSubmissions()` found. Gradebox has not read the submission's files yet. */
export interface FoundSubmission {
  readonly id: string
  readonly path: string
  readonly people: readonly ReportPerson[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly submittedAt?: string
  /** Why the submission is refused; for the staff. */
  readonly refused?: string
}
