import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Setting } from '../settings/setting.ts'

/** When each setting was last tried on this machine: its title, and milliseconds since 1970. */
type Tried = Readonly<Record<string, number>>

const DAY_MS = 24 * 60 * 60 * 1000

const titleOf = ({ kernel, name }: Setting): string => `Linux ${kernel}, ${name}`

function readTried(path: string): Tried {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Tried
  } catch {
    // No file yet, or one that a killed run cut.
    return {}
  }
}

/**
 * The order in which settings are tried: the ones that were not tried for the longest time come first. Settings that this
 * machine never tried start at another place each day, so that a clean checkout reaches all of them over time.
 *
 * @param directory where earlier runs left their times, by {@link writeTried}
 */
export function inOrder<S extends Setting>(
  settings: readonly S[],
  directory: string,
  nowMs: number = Date.now(),
): S[] {
  const tried = readTried(join(directory, 'tried.json'))
  const start = Math.floor(nowMs / DAY_MS) % Math.max(1, settings.length)
  const turned = [...settings.slice(start), ...settings.slice(0, start)]
  return turned.sort((a, b) => (tried[titleOf(a)] ?? 0) - (tried[titleOf(b)] ?? 0))
}

/** Adds settings that were tried just now to the times that {@link inOrder} reads. */
export function writeTried(
  settings: readonly Setting[],
  directory: string,
  nowMs: number = Date.now(),
): void {
  const path = join(directory, 'tried.json')
  const now = Object.fromEntries(settings.map((setting) => [titleOf(setting), nowMs]))
  writeFileSync(path, JSON.stringify({ ...readTried(path), ...now }))
}
