import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import { globSync } from 'tinyglobby'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { cacheDirectory } from '../cache/cache-directory.ts'
import type { LanguageTable } from '../languages/language.ts'
import { importExport, isExport } from './exports/import-export.ts'
import type { FoundSubmission } from './found-submission.ts'
import { readGradescopeMetadata } from './gradescope-metadata.ts'

/**
 * Finds the submissions of an assignment. The source is a folder with a folder per submission, an export of a platform
 * (a folder or a zip file), one submission, or several paths and globs.
 *
 * @param from the directory that relative paths start from
 * @throws {SandboxError} OPTION_INVALID for a path that does not exist, and where there is none
 */
export function findSubmissions(
  submissions: string | readonly string[],
  from: string,
  table: LanguageTable,
): FoundSubmission[] {
  const patterns = typeof submissions === 'string' ? [submissions] : submissions
  const paths = patterns.flatMap((pattern) => expand(pattern, from))
  const [only] = paths
  const found =
    only !== undefined && paths.length === 1 && patterns.length === 1
      ? inside(only, table)
      : paths.map(plain)
  if (found.length === 0) {
    throw new SandboxError(`There are no submissions in ${patterns.join(', ')}`, {
      code: 'OPTION_INVALID',
      hint: 'Give a folder with one folder per student, one submission, or a glob.',
    })
  }
  return withUniqueIds(found, from)
}

function expand(pattern: string, from: string): string[] {
  const path = resolve(from, pattern)
  if (existsSync(path)) return [path]
  const matches = globSync(pattern, { cwd: from, onlyFiles: false, expandDirectories: false })
  if (matches.length > 0) return matches.map((match) => resolve(from, match)).sort(byName)
  throw new SandboxError(`The submissions ${path} do not exist`, {
    code: 'OPTION_INVALID',
    hint: 'Correct `submissions`, or the environment variable GRADEBOX_SUBMISSIONS where it is set.',
  })
}

function inside(path: string, table: LanguageTable): FoundSubmission[] {
  const gradescope = readGradescopeMetadata(dirname(path))
  if (gradescope !== undefined) return [{ ...plain(path), ...gradescope }]
  const isDirectory = statSync(path).isDirectory()
  if (!isDirectory && extname(path).toLowerCase() !== '.zip') return [plain(path)]
  if (!isDirectory || isExport(path)) return imported(path, table)
  const entries = readdirSync(path, { withFileTypes: true }).filter(
    ({ name }) => !name.startsWith('.'),
  )
  if (entries.some((entry) => entry.isFile() && isSource(entry.name, table))) return [plain(path)]
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => plain(resolve(path, name)))
    .sort((a, b) => byName(a.path, b.path))
}

function imported(path: string, table: LanguageTable): FoundSubmission[] {
  const names = Object.values(table).flatMap(({ extensions, decidedBy = [] }) => [
    ...extensions,
    ...decidedBy,
  ])
  const cache = join(cacheDirectory(), 'submissions')
  return importExport(path, cache, names).map(({ path: unpacked = path, ...submission }) => ({
    ...submission,
    path: unpacked,
  }))
}

function isSource(name: string, table: LanguageTable): boolean {
  return Object.values(table).some(
    ({ extensions, decidedBy = [] }) =>
      extensions.includes(extname(name)) || decidedBy.includes(name),
  )
}

function plain(path: string): FoundSubmission {
  const id = statSync(path).isDirectory() ? basename(path) : basename(path, extname(path))
  return { id, path, people: [{ id }], metadata: {} }
}

// Two globs can match folders of one name.
function withUniqueIds(found: readonly FoundSubmission[], from: string): FoundSubmission[] {
  const count = new Map<string, number>()
  for (const { id } of found) count.set(id, (count.get(id) ?? 0) + 1)
  return found.map((submission) => {
    if (count.get(submission.id) === 1) return submission
    return { ...submission, id: relative(from, submission.path).split(sep).join('/') }
  })
}

// The order does not depend on the locale, so every machine has the same order.
const byName = (a: string, b: string) => (a < b ? -1 : Number(a > b))
