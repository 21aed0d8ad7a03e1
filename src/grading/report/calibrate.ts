import type { Report } from './report-schema.ts'

/** The usage of one language's reference solutions, and the limits that follow from the usage. */
export interface Calibration {
  readonly language: string
  readonly runs: number
  /** The shortest and the longest run of the slowest test. */
  readonly wallTimeMs: readonly [least: number, most: number]
  readonly cpuTimeMs: readonly [least: number, most: number]
  readonly memoryBytes: number
  readonly proposal: {
    readonly walltimeMs: number
    readonly cpuMs: number
    readonly memoryBytes: number
  }
}

// A student's solution may take five times as long as the reference solution, and may always take one second. Times
// below one second mostly measure the start of the runtime and the load of the machine.
const timeFactor = 5
const leastTimeMs = 1000
const memoryFactor = 2
const leastMemoryBytes = 16 * 2 ** 20

/**
 * Proposes limits for each language from several reports of the reference solutions. The slowest test of a language
 * decides its time limits.
 *
 * @param reports one report per repetition
 * @param floorBytes the memory that a language needs to start. A runtime may reserve more memory than its program uses.
 */
export function calibrate(
  reports: readonly Report[],
  floorBytes: (language: string) => number = () => 0,
): readonly Calibration[] {
  const byLanguage = new Map<string, Map<string, Usage[]>>()
  for (const { submissions } of reports) {
    for (const { language, id, tests } of submissions) {
      for (const { number, runs } of tests) {
        for (const [place, run] of runs.entries()) {
          const name = language?.name ?? 'unknown'
          const own = byLanguage.get(name) ?? new Map<string, Usage[]>()
          byLanguage.set(name, own)
          const key = JSON.stringify([id, number, place])
          own.set(key, [...(own.get(key) ?? []), run.usage])
        }
      }
    }
  }
  return [...byLanguage]
    .map(([language, tests]) =>
      calibrateLanguage(language, [...tests.values()], floorBytes(language)),
    )
    .sort((a, b) => (a.language < b.language ? -1 : 1))
}

type Usage = Report['submissions'][number]['tests'][number]['runs'][number]['usage']

function calibrateLanguage(
  language: string,
  tests: readonly (readonly Usage[])[],
  floorBytes: number,
): Calibration {
  const wallTimeMs = slowest(tests, ({ wallTimeMs: ms }) => ms)
  const cpuTimeMs = slowest(tests, ({ cpuTimeMs: ms }) => ms)
  const memoryBytes = Math.max(...tests.flat().map(({ peakMemoryBytes }) => peakMemoryBytes))
  return {
    language,
    runs: tests.flat().length,
    wallTimeMs,
    cpuTimeMs,
    memoryBytes,
    proposal: {
      walltimeMs: roundTime(Math.max(leastTimeMs, wallTimeMs[1] * timeFactor)),
      cpuMs: roundTime(Math.max(leastTimeMs, cpuTimeMs[1] * timeFactor)),
      memoryBytes: roundMemory(Math.max(leastMemoryBytes, floorBytes, memoryBytes * memoryFactor)),
    },
  }
}

function slowest(
  tests: readonly (readonly Usage[])[],
  time: (usage: Usage) => number,
): readonly [number, number] {
  const spreads = tests.map((runs) => {
    const times = runs.map(time)
    return [Math.min(...times), Math.max(...times)] as const
  })
  return spreads.reduce((worst, each) => (each[1] > worst[1] ? each : worst), [0, 0] as const)
}

// Rounds up to half seconds below ten seconds, and to whole seconds from ten seconds on.
const roundTime = (ms: number): number => {
  const step = ms < 10_000 ? 500 : 1000
  return Math.ceil(ms / step) * step
}

// Rounds up to a power of two, because people write memory limits as powers of two. The smallest limit is 16 MiB.
const roundMemory = (bytes: number): number => 2 ** Math.ceil(Math.log2(bytes))

/** The calibrations as lines for a terminal, and as a table for `assignment.toml`. */
export function calibrationLines(calibrations: readonly Calibration[]): string[] {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)}MiB`
  return calibrations.flatMap(
    ({ language, runs, wallTimeMs, cpuTimeMs, memoryBytes, proposal }) => [
      `# ${runs} runs in ${language}: wall time ${seconds(wallTimeMs[0])} to ${seconds(wallTimeMs[1])}, CPU time ${seconds(cpuTimeMs[0])} to ${seconds(cpuTimeMs[1])}, memory ${(memoryBytes / 2 ** 20).toFixed(1)} MiB`,
      `[languages.${language}.limits]`,
      `walltime = "${proposal.walltimeMs}ms"`,
      `cpu = "${proposal.cpuMs}ms"`,
      `memory = "${mebibytes(proposal.memoryBytes)}"`,
      '',
    ],
  )
}
