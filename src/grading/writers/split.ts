import { createHash } from 'node:crypto'
import type { Report } from '../report/report-schema.ts'
import type { ReportKind } from './writers.ts'

/** The formats for a single submission. */
const single: ReadonlySet<ReportKind> = new Set([
  'gradescope',
  'prairielearn',
  'github-classroom',
  'github-notices',
  'classroom50',
  'autolab',
  'vpl',
  'student-html',
])

/** A part of a report, and the file that receives this part. */
export interface ReportPart {
  readonly file: string
  readonly report: Report
}

/**
 * The files of a report in one format. A format for a single submission gets one file per submission. With several
 * files, the submission's id comes before the extension.
 *
 * @example
 * splitReport(report, 'gradescope', 'results.json') // results-alice.json, results-bob.json
 */
export function splitReport(report: Report, kind: ReportKind, file: string): readonly ReportPart[] {
  if (!single.has(kind) || report.submissions.length === 1) return [{ file, report }]
  return report.submissions.map((submission) => ({
    file: withId(file, submission.id),
    report: { ...report, submissions: [submission] },
  }))
}

/**
 * The longest id in bytes. File systems allow 255 bytes in a name. The other bytes are for the report's own name and
 * for a temporary name.
 */
const LONGEST_ID = 120

// An id may contain any character of a folder's name, and more if it comes from a platform.
function withId(file: string, id: string): string {
  const safe = shortened(escaped(id))
  const at = /\.[^./]+$/.exec(file)?.index ?? file.length
  return `${file.slice(0, at)}-${safe}${file.slice(at)}`
}

const escaped = (id: string) =>
  id.replace(/[^\p{L}\p{N}._@+-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )

// Two long ids can start in the same way, so a hash replaces the rest.
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_ID) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  const start = Buffer.from(name).subarray(0, LONGEST_ID - hash.length - 1)
  return `${start.toString('utf8').replace(/\ufffd+$/, '')}~${hash}`
}
