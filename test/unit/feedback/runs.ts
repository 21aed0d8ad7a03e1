import type { FinishedRun } from '../../../src/feedback/finished-run.ts'

const MiB = 1 << 20

/** A run that exited with code 0 within generous limits; a test gives only the differences. */
export function finishedRun(
  changes: Partial<Omit<FinishedRun, 'usage' | 'limits'>> & {
    readonly usage?: Partial<FinishedRun['usage']>
    readonly limits?: FinishedRun['limits']
  } = {},
): FinishedRun {
  return {
    status: 'exited',
    ...((changes.status ?? 'exited') === 'exited' ? { exitCode: 0 } : {}),
    ...changes,
    usage: {
      wallTimeMs: 2000,
      cpuTimeMs: 1900,
      peakMemoryBytes: 2 * MiB,
      ...changes.usage,
    },
    limits: changes.limits ?? {
      wallTimeMs: 2000,
      cpuTimeMs: 1000,
      memoryBytes: 64 * MiB,
      outputBytes: 1024,
      fileSizeBytes: 1.5 * MiB,
    },
  }
}
