import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { timeOfDay } from '../../globals.ts'
import { cacheDirectory } from '../../grading/cache/cache-directory.ts'
import { CACHE_VARIABLE } from '../../grading/cache/results.ts'
import { TOOLCHAINS_VARIABLE } from '../../grading/languages/toolchain.ts'
import { changeLines, compareReports } from '../../grading/report/changes.ts'
import { readReport } from '../../grading/report/read-report.ts'
import type { Report } from '../../grading/report/report-schema.ts'
import { hasUnwrittenReport } from '../../grading/reporting/session.ts'
import { hasTrouble } from '../../grading/reporting/summary.ts'
import { isRefusal } from '../../grading/reporting/unwritable-reports.ts'
import { ONLY_VARIABLE, parseShard, SHARD_VARIABLE } from '../../grading/submissions/select.ts'
import { ISOLATION_LEVELS, type IsolationLevel } from '../../runner/isolation/level.ts'
import { CliError, EXIT } from '../errors.ts'
import { print } from '../print.ts'
import { findAssignment } from './find-assignment.ts'
import { positive } from './numbers.ts'
import {
  collectReport,
  type ReportFlag,
  refuseUnwritable,
  setReports,
  withDefault,
} from './report-flags.ts'
import { runTests } from './run-tests.ts'

interface Flags {
  readonly submissions?: string
  readonly report?: readonly ReportFlag[]
  readonly only?: string
  readonly shard?: string
  readonly cache: boolean
  readonly jobs?: number
  readonly isolation?: IsolationLevel
}

/** `gradebox grade`: grades the submissions of a class. */
export function defineGrade(command: Command): void {
  command
    .description(
      'Grades every submission and writes gradebox-report.json. The assignment is a test file, a folder with an assignment.toml, or a folder with test files. Exits with 0 when all were graded, 1 for wrong usage, 2 when something could not be graded, or a report could not be written.',
    )
    .argument('[assignment]', 'a test file, or a folder', '.')
    .option('--submissions <path>', 'the submissions, in place of those that the assignment names')
    .option(
      '--report <kind=file>',
      'also write the result in this format (repeatable)',
      collectReport,
    )
    .option('--only <glob>', 'grade only the submissions whose ids match; separate globs by commas')
    .option('--shard <i/n>', 'grade one of n equal parts of the submissions')
    .option('--no-cache', 'run every test again')
    .option('--jobs <n>', 'the number of programs that run at once', positive('--jobs'))
    .addOption(
      new Option('--isolation <level>', 'the weakest isolation to accept').choices([
        ...ISOLATION_LEVELS,
      ]),
    )
    .action(grade)
}

async function grade(assignment: string, flags: Flags): Promise<void> {
  refuseEmpty(flags)
  const place = findAssignment(assignment)
  const reports = withDefault(flags.report ?? [])
  refuseUnwritable(reports)
  setVariables(flags, reports)
  const file = reports.find(({ kind }) => kind === 'json')?.file ?? ''
  const before = reportAt(file)
  const startedAt = timeOfDay().toISOString()
  const { loadErrors, otherErrors } = await runTests(place, flags)
  if (loadErrors.some(isRefusal)) throw new CliError(loadErrors.join('\n\n'), EXIT.usage)
  if (loadErrors.length > 0) throw new CliError(loadErrors.join('\n\n'), EXIT.failure)
  const after = reportAt(file)
  if (after === undefined || after.startedAt < startedAt) {
    if (hasUnwrittenReport()) return endWith(EXIT.usage)
    if (otherErrors.length > 0) {
      throw new CliError(`Nothing was graded: ${otherErrors.join('\n\n')}`, EXIT.usage)
    }
    throw new CliError(`${assignment} declares no graded test: call assignment()`, EXIT.failure)
  }
  if (before !== undefined && before.assignment.name === after.assignment.name) {
    const isPart = flags.only !== undefined || flags.shard !== undefined
    const changes = compareReports(before, after).filter(({ kind }) => !isPart || kind !== 'gone')
    print(['Since the last report:', ...changeLines(changes)].join('\n'))
  }
  const isGraded = after.complete && !hasTrouble(after) && !hasUnwrittenReport()
  endWith(isGraded ? EXIT.success : EXIT.usage)
}

// `--only "$NAME"` gives an empty text if the shell variable is unset. An empty text would mean another folder or the
// whole class.
function refuseEmpty({ submissions, only, shard }: Flags): void {
  const [empty] = Object.entries({ submissions, only, shard }).find(([, text]) => text === '') ?? []
  if (empty === undefined) return
  throw new CliError(`Expected a value for --${empty}, got an empty text`, EXIT.failure)
}

// The report of a `gradebox grade` that was killed counts too, because the report has the results of finished tests.
function reportAt(file: string): Report | undefined {
  if (!existsSync(file)) return undefined
  try {
    return readReport(file)
  } catch {
    return undefined
  }
}

function setVariables(flags: Flags, reports: readonly ReportFlag[]): void {
  const { submissions, only, shard, cache } = flags
  setReports(reports)
  if (submissions !== undefined) process.env.GRADEBOX_SUBMISSIONS = resolve(submissions)
  if (only !== undefined) process.env[ONLY_VARIABLE] = only
  if (shard !== undefined) {
    parseShard(shard)
    process.env[SHARD_VARIABLE] = shard
  }
  process.env[TOOLCHAINS_VARIABLE] = cacheDirectory()
  if (cache) process.env[CACHE_VARIABLE] = cacheDirectory()
  else delete process.env[CACHE_VARIABLE]
}

// After a failed test, Vitest sets exit code 1 twice: when Vitest closes and when the process exits. But in grading a
// failed test is a normal result, so this function sets the exit code once more when the process exits.
function endWith(code: number): void {
  process.exitCode = code
  process.once('exit', () => {
    process.exitCode = code
  })
}
