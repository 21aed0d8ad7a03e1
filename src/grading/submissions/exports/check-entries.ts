import { statSync } from 'node:fs'
import { posix } from 'node:path'
import { formatSize } from '../../../units/size.ts'
import { visibleLine } from '../../../units/visible.ts'
import { isLeftOut } from '../../languages/submission-files.ts'
import { type ExportEntry, LONGEST_PATH, openFolder } from './export-entries.ts'

/** The bounds of one submission, including the contents of nested archives. */
const MOST_FILES = 5000
const MOST_BYTES = 256 * 1024 * 1024

/** The reason why a submission of an export is refused: a sentence for the staff that names the entry. */
export class RefusedSubmission extends Error {
  override readonly name = 'RefusedSubmission'
}

/** The number of files and bytes that may still be unpacked for a submission. */
export interface Budget {
  files: number
  bytes: number
}

/** The budget of one submission. */
export const fullBudget = (): Budget => ({ files: MOST_FILES, bytes: MOST_BYTES })

/**
 * Checks the entries of one submission before anything is unpacked.
 *
 * @throws {RefusedSubmission} for a name that leads out of the submission, is not text, or clashes with another name;
 *   for a link out of the submission; for a device; for too many files or bytes
 */
export function checkEntries(entries: readonly ExportEntry[], budget: Budget): void {
  const names: KnownNames = new Map()
  for (const entry of entries) {
    checkName(entry)
    checkClash(entry, names)
    if (entry.kind === 'device') refuse(entry, 'is a device, a FIFO or a socket')
    if (entry.kind === 'link') checkLink(entry)
    if (entry.kind !== 'file') continue
    budget.files -= 1
    budget.bytes -= entry.bytes
    if (budget.files < 0) refuse(entry, `is one file too many: ${MOST_FILES} are allowed`)
    if (budget.bytes < 0) {
      refuse(entry, `makes the submission larger than ${formatSize(MOST_BYTES)} when unpacked`)
    }
  }
}

/**
 * Applies the rules for archives to a submission that is a folder, but limits neither files nor bytes.
 *
 * @throws {RefusedSubmission} as `checkEntries()`
 */
export function checkFolder(folder: string): void {
  if (!statSync(folder).isDirectory()) return
  const { entries } = openFolder(folder, Number.POSITIVE_INFINITY, isLeftOut)
  const unlimited = { files: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }
  checkEntries(entries, unlimited)
}

/** Refuses a submission for one of its entries. */
export function refuse({ path }: Pick<ExportEntry, 'path'>, why: string): never {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path
  throw new RefusedSubmission(`\`${visibleLine(shown)}\` ${why}`)
}

function checkName(entry: ExportEntry): void {
  const { path, isUtf8 } = entry
  if (!isUtf8) refuse(entry, 'has a name that is not UTF-8')
  if (path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)) refuse(entry, 'is an absolute path')
  const names = path.split('/')
  if (names.includes('..')) refuse(entry, 'has `..` in its path')
  if (names.some((name) => name === '' || name === '.')) refuse(entry, 'is not a plain path')
  if (visibleLine(path) !== path || path.includes('\\')) {
    refuse(entry, 'has a control character or a backslash in its name')
  }
  if (names.some((name) => Buffer.byteLength(name) > 255) || Buffer.byteLength(path) > LONGEST_PATH)
    refuse(entry, `is longer than ${LONGEST_PATH} bytes, or one of its names is longer than 255`)
}

/** The entries that were checked so far, by their folded names. */
type KnownNames = Map<string, Pick<ExportEntry, 'path' | 'kind'>>

/**
 * Folds a name. If macOS or Windows treats two names as the same name, both names have the same folded name. Both
 * systems ignore case, and macOS also ignores the Unicode form of a letter.
 */
export const foldedName = (name: string): string =>
  name.normalize('NFC').toLowerCase().normalize('NFC')

function checkClash(entry: ExportEntry, names: KnownNames): void {
  const { path, kind } = entry
  const known = knownAs(path, names)
  if (known !== undefined && (known.kind !== 'directory' || kind !== 'directory')) {
    refuse(entry, 'is in the archive twice')
  }
  names.set(foldedName(path), entry)
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const parent = path.slice(0, at)
    const found = knownAs(parent, names)
    if (found?.kind === 'directory') return
    if (found !== undefined) refuse(entry, `is in \`${visibleLine(parent)}\`, which is a file`)
    names.set(foldedName(parent), { path: parent, kind: 'directory' })
  }
}

// macOS and Windows keep only one of two files whose names differ only in case. The archive must get the same grade on
// these systems as on Linux. Two Unicode forms of one letter also look the same to every reader.
function knownAs(path: string, names: KnownNames) {
  const known = names.get(foldedName(path))
  if (known === undefined || known.path === path) return known
  return refuse({ path }, clashText(path, known.path))
}

/** Says how a name clashes with another name that has the same folded name. */
export function clashText(path: string, other: string): string {
  const name = visibleLine(other)
  return path.normalize('NFC') === other.normalize('NFC')
    ? `looks the same as another name, \`${name}\`: only the Unicode form of a letter differs`
    : `differs from \`${name}\` only in case: macOS and Windows keep one of them`
}

function checkLink(entry: ExportEntry): void {
  const { path, target } = entry
  if (target === undefined) refuse(entry, 'is a link whose target is too long')
  const end = posix.normalize(posix.join(posix.dirname(path), target))
  if (posix.isAbsolute(target) || end === '..' || end.startsWith('../')) {
    refuse(entry, `is a link out of the submission, to \`${visibleLine(target)}\``)
  }
}
