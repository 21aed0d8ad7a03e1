import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A hash of the contents of values. A function counts by its source, a regular expression by its text, and a byte array
 * by its bytes.
 */
export function fingerprint(...values: readonly unknown[]): string {
  const hash = createHash('sha256')
  for (const value of values) hash.update(`${JSON.stringify(value, plain) ?? 'undefined'}\n`)
  return hash.digest('hex')
}

// JSON.stringify() first calls toJSON(), which turns a Buffer into a list of numbers. This function therefore reads the
// original value from the object that contains it.
function plain(this: unknown, key: string): unknown {
  const value = (this as Readonly<Record<string, unknown>>)[key]
  switch (typeof value) {
    case 'function':
      return { function: String(value) }
    case 'bigint':
      return { bigint: String(value) }
    case 'number':
      // JSON cannot represent Infinity and NaN, and would write null.
      return Number.isFinite(value) ? value : { number: String(value) }
    case 'object':
      return value === null ? null : plainObject(value)
    default:
      return value
  }
}

function plainObject(value: object): unknown {
  if (Array.isArray(value)) return value
  if (value instanceof RegExp || value instanceof URL) return { text: String(value) }
  if (value instanceof Date) return { date: value.getTime() }
  if (value instanceof Uint8Array)
    return { bytes: createHash('sha256').update(value).digest('hex') }
  if (value instanceof Map || value instanceof Set) return { entries: [...value] }
  // The order of options does not matter.
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const mostFiles = 5000
const mostBytes = 64 * 1024 * 1024
const leftOut = new Set(['node_modules', 'dist', 'coverage'])

/**
 * A hash of all files of a folder, because the code of a test may read any of these files. Undefined for a folder that
 * is too large to read each time. Gradebox then runs every test again.
 *
 * @param without returns whether to leave out an absolute path and everything below that path, such as a submission or
 *   a report
 */
export function folderFingerprint(
  folder: string,
  without: (path: string) => boolean,
): string | undefined {
  const hash = createHash('sha256')
  const waiting = [folder]
  let files = 0
  let bytes = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of readdirSync(next).sort()) {
      const path = join(next, name)
      if (name.startsWith('.') || leftOut.has(name) || without(path)) continue
      const status = lstatSync(path)
      if (status.isDirectory()) waiting.push(path)
      if (!status.isFile()) continue
      files += 1
      bytes += status.size
      if (files > mostFiles || bytes > mostBytes) return undefined
      hash.update(JSON.stringify([path, status.size])).update(readFileSync(path))
    }
  }
  return hash.digest('hex')
}
