import { readFileSync } from 'node:fs'

let known: string | undefined

/** The version of Gradebox. */
export function packageVersion(): string {
  // The relative path is the same from src/grading and from dist/grading.
  const file = new URL('../../package.json', import.meta.url)
  known ??= (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  return known
}
