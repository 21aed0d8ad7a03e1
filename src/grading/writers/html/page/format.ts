import type { ReportTest } from '../../../report/report-schema.ts'

/** A sign and a word for each status, so that the page never shows a status by colour alone. */
export const signs: Readonly<Record<ReportTest['status'], { sign: string; word: string }>> = {
  passed: { sign: '✓', word: 'passed' },
  partial: { sign: '◐', word: 'partly passed' },
  failed: { sign: '✗', word: 'failed' },
  error: { sign: '!', word: 'not graded' },
  blocked: { sign: '–', word: 'not run' },
}

/** Points with at most six digits, without zeros at the end. */
export const points = (value: number): string => String(Number(value.toFixed(6)))

/** A duration: `2 s`, `15 ms`. */
export const duration = (ms: number): string =>
  ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`

/** A size in MiB. */
export const size = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** The value below which the given share of the sorted values lies. A share of 0.5 gives the median. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return 0
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? 0
  const high = sorted[Math.ceil(at)] ?? low
  return low + (high - low) * (at - Math.floor(at))
}
