import { commandLine } from '../print/run-report.ts'
import { verdictFacts } from '../print/verdict-phrase.ts'
import type { IsolationLevel } from '../runner/isolation/level.ts'
import type { AnyResult } from '../runner/result.ts'
import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'

/** The facts about one run in a test's report. */
export interface RunSummary {
  /** The command with its arguments, on one line of at most 200 characters. */
  readonly command: string
  /** The verdict in words, such as `exited, exit code 0`. */
  readonly verdict: string
  readonly wallTimeMs: number
  /** User and system time of the whole process tree. */
  readonly cpuTimeMs: number
  /** The peak memory of all processes of the run together. */
  readonly peakMemoryBytes: number
  /** The isolation of the run, if it was weaker than `full`. */
  readonly isolation?: Exclude<IsolationLevel, 'full'>
}

/** The summary of all runs in a test's report. */
export interface RunsSummary {
  /** The number of the test's runs that have ended. */
  readonly count: number
  /** The first 100 of these runs. */
  readonly runs: readonly RunSummary[]
  /** The run with the most wall time. */
  readonly slowest: RunSummary
  /** The run with the most memory. */
  readonly largest: RunSummary
}

const maxListed = 100

export function summarizeRun(result: AnyResult): RunSummary {
  const { wallTimeMs, cpuTimeMs, peakMemoryBytes } = result.usage
  const command = commandLine(result.command, result.args)
  const { level } = result.isolation
  return {
    command,
    verdict: verdictFacts(result),
    wallTimeMs,
    cpuTimeMs,
    peakMemoryBytes,
    ...(level === 'full' ? {} : { isolation: level }),
  }
}

/** Returns a summary that contains one more run. */
export function addRun(summary: RunsSummary | undefined, run: RunSummary): RunsSummary {
  if (summary === undefined) return { count: 1, runs: [run], slowest: run, largest: run }
  const { count, runs, slowest, largest } = summary
  return {
    count: count + 1,
    runs: count < maxListed ? [...runs, run] : runs,
    slowest: run.wallTimeMs > slowest.wallTimeMs ? run : slowest,
    largest: run.peakMemoryBytes > largest.peakMemoryBytes ? run : largest,
  }
}

/** Joins summaries into one summary, without the list of runs. Returns undefined if there is no summary. */
export function slowestAndLargest(summaries: readonly RunsSummary[]): RunsSummary | undefined {
  const [first, ...others] = summaries
  if (first === undefined) return undefined
  return others.reduce(
    (all, { count, slowest, largest }) => ({
      count: all.count + count,
      runs: [],
      slowest: slowest.wallTimeMs > all.slowest.wallTimeMs ? slowest : all.slowest,
      largest: largest.peakMemoryBytes > all.largest.peakMemoryBytes ? largest : all.largest,
    }),
    { ...first, runs: [] },
  )
}

/** A run on one line: `./a.out: exited, exit code 0, wall 12 ms, cpu 8 ms, memory 1.5 MiB`. */
export function runLine({
  command,
  verdict,
  wallTimeMs,
  cpuTimeMs,
  peakMemoryBytes,
}: RunSummary): string {
  const usage = [
    `wall ${formatDuration(wallTimeMs)}`,
    `cpu ${formatDuration(cpuTimeMs)}`,
    `memory ${formatSize(peakMemoryBytes)}`,
  ]
  return `${command}: ${verdict}, ${usage.join(', ')}`
}
