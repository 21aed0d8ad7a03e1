import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { EXCLUSIVE_VARIABLE } from '../../grading/assignment/context.ts'
import type { LanguageTable } from '../../grading/languages/language.ts'
import { languages } from '../../grading/languages/language-table.ts'
import { calibrate, calibrationLines } from '../../grading/report/calibrate.ts'
import { readReport } from '../../grading/report/read-report.ts'
import type { Report } from '../../grading/report/report-schema.ts'
import { QUIET_VARIABLE } from '../../grading/reporting/session.ts'
import { visibleLine } from '../../units/visible.ts'
import { CliError, EXIT } from '../errors.ts'
import { print } from '../print.ts'
import { findAssignment } from './find-assignment.ts'
import { positive } from './numbers.ts'
import { setReports } from './report-flags.ts'
import { runTests } from './run-tests.ts'

interface Flags {
  readonly solutions: string
  readonly runs: number
}

/** `gradebox calibrate`: derives limits from reference solutions. */
export function defineCalibrate(command: Command): void {
  command
    .description(
      'Grades reference solutions several times, one program at a time, and prints the limits that follow for each language, with the times measured. Every solution must pass every test.',
    )
    .argument('[assignment]', 'a test file, or a folder', '.')
    .option('--solutions <path>', 'the reference solutions', 'solutions')
    .option('--runs <n>', 'the number of runs of each test', positive('--runs'), 5)
    .action(calibrateCommand)
}

async function calibrateCommand(assignment: string, { solutions, runs }: Flags): Promise<void> {
  const place = findAssignment(assignment)
  const path = resolve(solutions)
  if (!existsSync(path)) {
    throw new CliError(
      `The reference solutions ${visibleLine(path)} do not exist; name their folder with --solutions`,
      EXIT.failure,
    )
  }
  process.env.GRADEBOX_SUBMISSIONS = path
  process.env[EXCLUSIVE_VARIABLE] = '1'
  process.env[QUIET_VARIABLE] = '1'
  const folder = mkdtempSync(join(tmpdir(), 'gradebox-calibrate-'))
  const file = join(folder, 'report.json')
  setReports([{ kind: 'json', file }])
  try {
    const reports: Report[] = []
    for (let run = 1; run <= runs; run++) {
      process.stderr.write(`Run ${run} of ${runs}\n`)
      const { loadErrors } = await runTests(place, { jobs: 1 })
      if (loadErrors.length > 0) throw new CliError(loadErrors.join('\n\n'), EXIT.failure)
      reports.push(checked(readReport(file)))
    }
    process.exitCode = EXIT.success
    print(calibrationLines(calibrate(reports, floorBytes)).join('\n').trimEnd())
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const floorBytes = (name: string): number =>
  (languages as LanguageTable)[name]?.floors?.memoryBytes ?? 0

// Only the times of a working solution are useful for limits.
function checked(report: Report): Report {
  for (const { id, tests, gradable } of report.submissions) {
    const failed = tests.find(({ status }) => status !== 'passed')
    if (gradable && failed === undefined) continue
    throw new CliError(
      `The solution ${id} does not pass: ${failed?.name ?? 'it is not gradable'}: ${failed?.staffMessage.split('\n')[0] ?? 'see its problems'}`,
      EXIT.usage,
    )
  }
  return report
}
