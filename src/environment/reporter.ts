import { relative } from 'node:path'
import type { Reporter, TestModule, Vitest } from 'vitest/node'
import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'
import { type RunsSummary, slowestAndLargest } from './run-summary.ts'
import { isolationLine, weakestBelowFull } from './weaker-isolation.ts'

// Vitest's reporters for people. Vitest's other reporters print a format in which an additional line would be an error.
const readable = new Set(['default', 'verbose', 'tree', 'dot', 'minimal', 'agent'])

/** Prints nothing. Replaces Vitest's own reporters when nobody reads the output of the single tests. */
export class SilentReporter implements Reporter {}

/** Whether a reporter may show the runs of a test. */
export function showsRuns({ config }: Vitest): boolean {
  return !config.reporters.some((entry: unknown) => entry instanceof SilentReporter)
}

/** Adds a `RunReporter` to Vitest, if Vitest prints for people and has no `RunReporter` yet. */
export function addReporter({ config }: Vitest): void {
  const names = config.reporters.map((entry) => (Array.isArray(entry) ? entry[0] : entry))
  if (names.some((entry) => entry instanceof RunReporter)) return
  if (!names.some((entry) => typeof entry === 'string' && readable.has(entry))) return
  config.reporters.push(new RunReporter())
}

/** Prints a line for each test file: the number of runs, the slowest run and the largest run. */
class RunReporter implements Reporter {
  #vitest: Vitest | undefined
  /** The projects for which this reporter has printed the line about weaker isolation. */
  readonly #reported = new Set<TestModule['project']>()

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestModuleEnd(file: TestModule): void {
    const summaries = [file, ...file.children.allTests()].flatMap(
      (each) => each.meta().gradebox ?? [],
    )
    const all = slowestAndLargest(summaries)
    if (all === undefined) return
    const path = relative(file.project.config.root, file.moduleId)
    this.#vitest?.logger.log(` gradebox  ${path}: ${fileLine(all)}`)
    const { project } = file
    const runs = summaries.flatMap((summary) => [...summary.runs, summary.slowest, summary.largest])
    const level = weakestBelowFull(runs.map(({ isolation }) => isolation))
    if (level === undefined || this.#reported.has(project)) return
    this.#reported.add(project)
    this.#vitest?.logger.log(isolationLine(level, project.name))
  }
}

/**
 * A file's runs on one line.
 *
 * @example
 * fileLine(summary) // '12 runs, slowest 1.2 s (./a.out), largest 45 MiB (java Main)'
 */
export function fileLine({ count, slowest, largest }: RunsSummary): string {
  return [
    count === 1 ? '1 run' : `${count} runs`,
    `slowest ${formatDuration(slowest.wallTimeMs)} (${slowest.command})`,
    `largest ${formatSize(largest.peakMemoryBytes)} (${largest.command})`,
  ].join(', ')
}
