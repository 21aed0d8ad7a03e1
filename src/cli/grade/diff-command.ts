import type { Command } from 'commander'
import { changeLines, compareReports } from '../../grading/report/changes.ts'
import { readReport } from '../../grading/report/read-report.ts'
import { print } from '../print.ts'

/** `gradebox diff`: shows what changed between two reports. */
export function defineDiff(command: Command): void {
  command
    .description(
      'Shows which submissions gained or lost points from one report to another, and by which tests. Exits with 0 whether or not something changed.',
    )
    .argument('<before>', 'a JSON report that grading wrote')
    .argument('<after>', 'a later one of the same assignment')
    .action((before: string, after: string) => {
      print(changeLines(compareReports(readReport(before), readReport(after))).join('\n'))
    })
}
