import { quoted } from './visible.ts'

const bytes: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

/** An amount of memory or storage: a number of bytes, or text with a unit (`64MiB`, `10MB`, `512 B`). */
export type Size = number | string

/**
 * Turns a size into bytes. `MiB` is 1024 × 1024 bytes, `MB` a million.
 *
 * @throws {RangeError} when the size is negative or not a whole number of bytes, or has an unknown unit
 * @example parseSize('64MiB') // 67108864
 */
export function parseSize(value: Size): number {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) return value
    throw new RangeError(`Expected a whole number of bytes, 0 or more, got ${value}`)
  }
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)\s*$/i.exec(value)
  const scale = bytes[match?.[2]?.toLowerCase() ?? '']
  if (match === null || scale === undefined) {
    throw new RangeError(`Expected a size such as "64MiB", "10MB" or "512B", got ${quoted(value)}`)
  }
  const size = Math.round(Number(match[1]) * scale)
  if (Number.isSafeInteger(size)) return size
  throw new RangeError(`Expected a size below 8 PiB, got ${quoted(value)}`)
}

/** Formats a size for a person: `812 B`, `1.5 MiB`, `2 GiB`. */
export function formatSize(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let value = size
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} ${units[unit]}`
}
