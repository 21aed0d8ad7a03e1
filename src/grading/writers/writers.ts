import { writeAutolab } from './autolab.ts'
import { writeCanvas } from './canvas.ts'
import { writeClassroom50 } from './classroom50.ts'
import { writeCsv } from './csv.ts'
import { writeCtrf } from './ctrf.ts'
import { writeGitHubClassroom, writeGitHubNotices } from './github-classroom.ts'
import { writeGradescope } from './gradescope.ts'
import { writeHtml, writeStudentHtml } from './html/write-html.ts'
import { writeJson } from './json.ts'
import { writeJUnit } from './junit.ts'
import { writeMarkdown } from './markdown.ts'
import { writeMoodle } from './moodle.ts'
import { writePrairieLearn } from './prairielearn.ts'
import { writeVpl } from './vpl.ts'
import type { ReportWriter } from './writer.ts'

/** The writer of every report format. The keys are the kinds that `reports` and `--report` accept. */
export const writers = {
  json: writeJson,
  csv: writeCsv,
  gradescope: writeGradescope,
  prairielearn: writePrairieLearn,
  'github-classroom': writeGitHubClassroom,
  'github-notices': writeGitHubNotices,
  classroom50: writeClassroom50,
  ctrf: writeCtrf,
  junit: writeJUnit,
  moodle: writeMoodle,
  canvas: writeCanvas,
  autolab: writeAutolab,
  vpl: writeVpl,
  markdown: writeMarkdown,
  html: writeHtml,
  'student-html': writeStudentHtml,
} as const satisfies Readonly<Record<string, ReportWriter>>

/** A key of `writers`. */
export type ReportKind = keyof typeof writers
