import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { TestModule, Vitest } from 'vitest/node'
import { asError } from '../../errors/as-error.ts'
import type { IsolationLevel } from '../../runner/isolation/level.ts'
import { visible } from '../../units/visible.ts'
import { CliError, EXIT } from '../errors.ts'
import type { AssignmentPlace } from './find-assignment.ts'
import { writeTomlTests } from './toml-tests.ts'

/** How the tests of an assignment run. */
export interface TestsOptions {
  /** How many programs run at once; as many as there are processors by default. */
  readonly jobs?: number | undefined
  /** The weakest isolation to accept; by default the project's setting. */
  readonly isolation?: IsolationLevel | undefined
}

/** The errors that ended a run of the tests. The report does not contain them. */
export interface TestsEnd {
  /** Why test files could not be loaded. */
  readonly loadErrors: readonly string[]
  /** Errors outside of all test files, such as a worker that did not start. */
  readonly otherErrors: readonly string[]
}

/**
 * Runs the tests of an assignment with Vitest, in the project's own configuration where it has one. The reporter that
 * the plugin adds writes the reports.
 *
 * @throws {CliError} where Vitest is not installed
 */
export async function runTests(
  place: AssignmentPlace,
  { jobs, isolation }: TestsOptions,
): Promise<TestsEnd> {
  const { startVitest } = await vitestNode()
  const { gradebox, gradingPlugin } = await import('../../environment/vitest/plugin.ts')
  const { SilentReporter } = await import('../../environment/reporter.ts')
  const processors = availableParallelism()
  const toml = place.kind === 'toml' ? writeTomlTests(place.file, jobs ?? processors) : undefined
  const root = place.kind === 'toml' ? (toml?.folder ?? '') : place.root
  const files = place.kind === 'toml' ? (toml?.parts ?? 1) : place.files.length
  const { workers, concurrency } = shareJobs(jobs, processors, files)
  const testsAtOnce = concurrency ?? Math.ceil(processors / workers)
  const options = {
    ...(isolation === undefined ? {} : { isolation }),
    ...(concurrency === undefined ? {} : { concurrency }),
  }
  let vitest: Vitest | undefined
  try {
    vitest = await startVitest(
      'test',
      place.kind === 'toml' ? [] : [...place.files],
      {
        root,
        watch: false,
        passWithNoTests: true,
        // An empty list means Vitest's own reporter. The plugin adds the reporter that writes the reports.
        reporters: [new SilentReporter()],
        maxWorkers: workers,
        ...(testsAtOnce > VITEST_TESTS_AT_ONCE ? { maxConcurrency: testsAtOnce } : {}),
        ...(place.kind === 'toml' ? { config: false, include: ['*.test.mjs'] } : {}),
      } as Parameters<typeof startVitest>[2],
      {
        plugins: [place.kind === 'toml' ? gradebox(options) : gradingPlugin(options, place.files)],
      },
    )
    return {
      // Several files of one assignment can report the same error.
      loadErrors: [...new Set(vitest.state.getTestModules().flatMap(errorsOf))],
      otherErrors: vitest.state
        .getUnhandledErrors()
        .map((error) => visible(asError(error).message)),
    }
  } finally {
    await vitest?.close()
    if (toml !== undefined) rmSync(toml.folder, { recursive: true, force: true })
  }
}

/** The number of concurrent tests that Vitest runs at once in a worker (its option `maxConcurrency`). */
const VITEST_TESTS_AT_ONCE = 5

/**
 * Vitest gives each test file to one worker, so more workers than files would leave processors idle. By default the
 * workers share the processors.
 */
function shareJobs(jobs: number | undefined, processors: number, files: number) {
  const workers = Math.min(jobs ?? processors, files)
  if (jobs === undefined || jobs === processors) return { workers }
  return { workers, concurrency: Math.max(1, Math.floor(jobs / workers)) }
}

async function vitestNode(): Promise<typeof import('vitest/node')> {
  try {
    return await import('vitest/node')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new CliError(
      'gradebox grade needs Vitest, which is not installed; run `npm install --save-dev vitest`',
      EXIT.failure,
      error,
    )
  }
}

const errorsOf = (module: TestModule): string[] =>
  module.errors().map(({ message }) => visible(message))
