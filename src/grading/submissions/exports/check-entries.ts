import { posix } from 'node:path'
import { formatSize } from '../../../units/size.ts'
import { visibleLine } from '../../../units/visible.ts'
import { type ExportEntry, linkTarget } from './export-entries.ts'

/** The bounds of one submission, including nested archives. */
const MOST_FILES = 5000
const MOST_BYTES = 256 * 1024 * 1024
/** PATH_MAX is 4096 bytes; a longer path could be made but not read. */
const longestPath = 1024

/** Why a submission of an export is refused: a sentence for the staff, which names the entry. */
export class RefusedSubmission extends Error {
  override readonly name = 'RefusedSubmission'
}

/** The files and bytes that a submission may still unpack. */
export interface Budget {
  files: number
  bytes: number
}

/** The budget of one submission. */
export const fullBudget = (): Budget => ({ files: MOST_FILES, bytes: MOST_BYTES })

/**
 * Checks the entries of one submission before anything is unpacked.
 *
 * @throws {RefusedSubmission} for a name that leads elsewhere, is not text or stands twice, for a link out of the submission,
 *   a device, and too many files or bytes
 */
export async function checkEntries(
  entries: readonly ExportEntry[],
  budget: Budget,
  root?: string,
): Promise<void> {
  const kinds = new Map<string, ExportEntry['kind']>()
  for (const entry of entries) {
    checkName(entry)
    checkClash(entry, kinds)
    if (entry.kind === 'device') refuse(entry, 'is a device, a FIFO or a socket')
    if (entry.kind === 'link') await checkLink(entry, root)
    if (entry.kind !== 'file') continue
    budget.files -= 1
    budget.bytes -= entry.bytes
    if (budget.files < 0) refuse(entry, `is one file too many: ${MOST_FILES} are allowed`)
    if (budget.bytes < 0) {
      refuse(entry, `makes the submission larger than ${formatSize(MOST_BYTES)} when unpacked`)
    }
  }
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
  if (names.some((name) => Buffer.byteLength(name) > 255) || Buffer.byteLength(path) > longestPath)
    refuse(entry, `is longer than ${longestPath} bytes, or one of its names is longer than 255`)
}

function checkClash(entry: ExportEntry, kinds: Map<string, ExportEntry['kind']>): void {
  const { path, kind } = entry
  const known = kinds.get(path)
  if (known !== undefined && (known !== 'directory' || kind !== 'directory')) {
    refuse(entry, 'stands in the archive twice')
  }
  kinds.set(path, kind)
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const parent = path.slice(0, at)
    const parentKind = kinds.get(parent)
    if (parentKind === 'directory') return
    if (parentKind !== undefined) refuse(entry, `is in \`${visibleLine(parent)}\`, which is a file`)
    kinds.set(parent, 'directory')
  }
}

/** A longer text is no path. */
const longestTarget = 4096

async function checkLink(entry: ExportEntry, root: string | undefined): Promise<void> {
  if (entry.bytes > longestTarget) refuse(entry, 'is a link whose target is too long')
  const target = await linkTarget(entry, root)
  const end = posix.normalize(posix.join(posix.dirname(entry.path), target))
  if (posix.isAbsolute(target) || end === '..' || end.startsWith('../')) {
    refuse(entry, `is a link out of the submission, to \`${visibleLine(target)}\``)
  }
}
