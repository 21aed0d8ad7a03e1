import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import { globSync } from 'tinyglobby'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { visibleLine } from '../../units/visible.ts'
import { cacheDirectory } from '../cache/cache-directory.ts'
import type { LanguageTable } from '../languages/language.ts'
import { isIgnored } from '../languages/submission-files.ts'
import { clashText, foldedName } from './exports/check-entries.ts'
import { type ExportEntry, openFolder } from './exports/export-entries.ts'
import { importExport, isExport } from './exports/import-export.ts'
import type { FoundSubmission } from './found-submission.ts'
import { readGradescopeMetadata } from './gradescope-metadata.ts'

/**
 * Finds the submissions of an assignment. The source is one of these: a folder with a folder per submission; an export
 * of a platform (a folder or a zip file); one submission; several paths and globs.
 *
 * @param from the directory that relative paths start from
 * @throws {SandboxError} OPTION_INVALID for a path that does not exist, and when there is no submission
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
      ? refuseClashes(inside(only, table).map(refuseControl))
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
  const isHidden = (name: string) => name.startsWith('.') || isIgnored(name)
  const { entries } = openFolder(path, 1, isHidden)
  if (entries.some((entry) => entry.kind === 'file' && isSource(entry.path, table))) {
    return [plain(path)]
  }
  return entries
    .filter(({ kind }) => kind !== 'file')
    .map((entry) => memberOf(path, entry))
    .sort((a, b) => byName(a.path, b.path))
}

// A folder is a submission. A link or a device becomes a refused submission, so that the staff see why Gradebox does not
// grade the link or the device.
function memberOf(folder: string, entry: ExportEntry): FoundSubmission {
  const path = join(folder, entry.path)
  if (entry.kind === 'directory') return plain(path)
  const why = !entry.isUtf8
    ? 'has a name that is not UTF-8'
    : `is a ${entry.kind}, and not a folder with a submission`
  const name = visibleLine(entry.path)
  return { id: name, path, people: [], metadata: {}, refused: `\`${name}\` ${why}` }
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
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const name = isDirectory ? basename(path) : basename(path, extname(path))
  const id = name.normalize('NFC')
  return { id, path, people: [{ id }], metadata: {} }
}

function refuseControl(submission: FoundSubmission): FoundSubmission {
  const { id, refused } = submission
  if (refused !== undefined || !/\p{Cc}/u.test(id)) return submission
  return { ...submission, refused: `\`${visibleLine(id)}\` has a control character in its name` }
}

// On macOS and Windows, two submissions whose ids differ only in case would become one. Gradebox refuses both.
function refuseClashes(found: readonly FoundSubmission[]): FoundSubmission[] {
  const named = new Map<string, FoundSubmission[]>()
  for (const each of found) {
    const name = foldedName(each.id)
    named.set(name, [...(named.get(name) ?? []), each])
  }
  return found.map((submission) => {
    const { id } = submission
    const other = named.get(foldedName(id))?.find((each) => each !== submission)
    if (other === undefined) return submission
    return { ...submission, refused: `\`${visibleLine(id)}\` ${clashText(id, other.id)}` }
  })
}

// Two globs can match folders with the same name. Each of these folders gets a relative path as its id.
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
