import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The root of this repository. */
export const repository = resolve(import.meta.dirname, '..')

const sources = [
  'src',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.cjs.json',
]

/** Whether `npm run build` has run since the last change of the sources. */
export function isBuilt(): boolean {
  // The build writes this file last.
  const built = join(repository, 'dist/cjs/package.json')
  if (!existsSync(built)) return false
  return (
    Math.max(...sources.map((path) => newest(join(repository, path)))) <= statSync(built).mtimeMs
  )
}

function newest(path: string): number {
  const status = statSync(path)
  if (!status.isDirectory()) return status.mtimeMs
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
