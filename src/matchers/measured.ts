import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'

/**
 * A measured time for a person, exact where rounding would hide that it is above its bound: `1 s
 * (1000.4 ms)` against `1 s`.
 */
export function measuredDuration(ms: number, mostMs: number): string {
  const text = formatDuration(ms)
  return ms > mostMs && text === formatDuration(mostMs) ? `${text} (${ms} ms)` : text
}

/** A measured size for a person, exact where rounding would hide that it is above its bound. */
export function measuredSize(bytes: number, mostBytes: number): string {
  const text = formatSize(bytes)
  return bytes > mostBytes && text === formatSize(mostBytes) ? `${text} (${bytes} bytes)` : text
}
