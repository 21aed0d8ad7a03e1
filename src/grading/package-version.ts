import { readFileSync } from 'node:fs'

let known: string | undefined

/** The version of Gradebox. */
export function packageVersion(): string {
  // As far from src/grading as from dist/grading.
  const file = new URL('../../package.json', import.meta.url)
  known ??= (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  return known
}
