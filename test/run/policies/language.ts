import { existsSync } from 'node:fs'

const directories = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/go/bin', '/usr/lib/go/bin']

/** Skips a test, and prints the reason, where a program is missing that the sandbox shows. */
export function needs(ctx: { skip: (reason: string) => void }, ...programs: string[]): void {
  const missing = programs.filter(
    (program) => !directories.some((directory) => existsSync(`${directory}/${program}`)),
  )
  if (missing.length === 0) return
  const reason = `this machine does not have ${missing.join(', ')}`
  console.warn(`SKIPPED: ${reason}`)
  ctx.skip(reason)
}
