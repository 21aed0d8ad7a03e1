import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

let markers = 0

/** A number of seconds that no other process of this machine sleeps. A test may append digits to it. */
export const newMarker = (): string => `${100_000 + (process.pid % 99_999)}.${++markers}9`

/** The processes that have a word among their arguments. */
export function processesWith(word: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return command.includes(word) ? [command] : []
      } catch {
        return []
      }
    })
}

/**
 * Waits until a condition holds.
 *
 * @throws {Error} when the condition does not hold within 20 s
 */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo(); await setTimeout(20)) {
    if (Date.now() > end) throw new Error(`Not in 20 s: ${what}`)
  }
}
