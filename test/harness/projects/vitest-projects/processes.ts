import { readdirSync, readFileSync } from 'node:fs'

/** The commands of the processes that have this word among their arguments. */
export function processesWith(word: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return command.includes(word) ? [command] : []
    } catch {
      return []
    }
  })
}
