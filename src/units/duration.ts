import { quoted } from './visible.ts'

const milliseconds: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
}

/** A time span: a number of milliseconds, or text with a unit (`us`, `ms`, `s`, `min` or `m`, `h`). */
export type Duration = number | string

/**
 * Turns a duration into milliseconds.
 *
 * @throws {RangeError} when the duration is negative or not finite, or has an unknown unit
 * @example parseDuration('1.5s') // 1500
 */
export function parseDuration(value: Duration): number {
  if (typeof value === 'number') {
    if (Number.isFinite(value) && value >= 0) return value
    throw new RangeError(`Expected a duration of 0 ms or more, got ${value}`)
  }
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)\s*$/i.exec(value)
  const scale = milliseconds[match?.[2]?.toLowerCase() ?? '']
  if (match === null || scale === undefined) {
    throw new RangeError(
      `Expected a duration such as "1.5s", "200ms" or "2min", got ${quoted(value)}`,
    )
  }
  return Number(match[1]) * scale
}

/** Formats a duration for a person: `12.3 ms`, `1.50 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 100) return `${Number(ms.toFixed(1))} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(2))} s`
  const seconds = Math.round(ms / 1000)
  const rest = seconds % 60
  return `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`
}
