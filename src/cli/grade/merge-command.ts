import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readReport } from '../../grading/report/read-report.ts'
import { mergeShards } from '../../grading/report/shards.ts'
import { hasTrouble, summaryLines } from '../../grading/reporting/summary.ts'
import { visibleLine } from '../../units/visible.ts'
import { CliError, EXIT } from '../errors.ts'
import { print } from '../print.ts'
import {
  collectReport,
  type ReportFlag,
  refuseUnwritable,
  withDefault,
  writeFlags,
} from './report-flags.ts'

interface Flags {
  readonly report?: readonly ReportFlag[]
  readonly anonymous?: boolean
}

/** `gradebox merge`: joins the reports of shards. */
export function defineMerge(command: Command): void {
  command
    .description(
      'Joins reports of one assignment, such as those of `gradebox grade --shard`, and writes the result. Shards that are missing or mixed are refused by name. Exits with 2 when a submission could not be graded.',
    )
    .argument('<report...>', 'JSON reports that grading wrote')
    .option(
      '--report <kind=file>',
      'also write the result in this format (repeatable)',
      collectReport,
    )
    .option('--anonymous', 'leave the names of students out of the HTML report')
    .action((paths: string[], { report = [], anonymous = false }: Flags) => {
      refuseTwice(paths)
      const named = Object.fromEntries(paths.map((path) => [path, readReport(path)]))
      const merged = mergeShards(named)
      const wanted = withDefault(report)
      refuseUnwritable(wanted)
      const files = writeFlags(merged, wanted, { anonymous, environment: process.env })
      print([...summaryLines(merged), `Written: ${files.join(', ')}`].join('\n'))
      if (hasTrouble(merged)) process.exitCode = EXIT.usage
    })
}

// The user may give one report twice: by a shell pattern and by name. The merge would count that report as two shards.
function refuseTwice(paths: readonly string[]): void {
  const absolute = paths.map((path) => resolve(path))
  const twice = paths.find((path, at) => absolute.indexOf(resolve(path)) < at)
  if (twice === undefined) return
  throw new CliError(
    `The reports cannot be merged: ${visibleLine(twice)} is given twice`,
    EXIT.failure,
  )
}
