import {
  closeSync,
  createWriteStream,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isLeftOut } from '../../languages/submission-files.ts'
import { type Budget, checkEntries, foldedName, refuse } from './check-entries.ts'
import { type ExportEntry, openZip, withTargets } from './export-entries.ts'

/** The number of levels of nested archives that Gradebox unpacks. */
const deepestArchive = 3

/** Whether an entry is a file whose name ends in `.zip`. */
export const isArchive = ({ path, kind }: ExportEntry) => kind === 'file' && /\.zip$/i.test(path)

/** Writes the entries of one submission. All entries must fit into the rest of the submission's budget. */
export async function writeEntries(
  entries: readonly ExportEntry[],
  target: string,
  budget: Budget,
): Promise<void> {
  const kept = entries.filter(({ path }) => !path.split('/').some(isLeftOut))
  checkEntries(await withTargets(kept), budget)
  for (const entry of kept) {
    const path = join(target, entry.path)
    if (entry.kind === 'directory') mkdirSync(path, { recursive: true })
    // Gradebox leaves out the links inside a submission, whether the submission is an archive or a folder.
    if (entry.kind !== 'file') continue
    mkdirSync(dirname(path), { recursive: true })
    // `wx` fails if the path exists, and follows no link.
    const file = createWriteStream(path, { flags: 'wx', mode: entry.isExecutable ? 0o755 : 0o644 })
    await pipeline(await entry.read(), file)
  }
}

const zipEnding = /(?<=.)\.zip$/i

/**
 * Unpacks the archives at the top of a submission. If an archive is the only entry, the archive's contents replace the
 * archive. Otherwise, each archive is unpacked into a folder with the archive's name.
 */
export async function unpackNested(target: string, budget: Budget, depth: number): Promise<void> {
  const names = readdirSync(target)
  for (const name of names.filter((each) => zipEnding.test(each))) {
    const path = join(target, name)
    if (!statSync(path).isFile()) continue
    const isAlone = names.length === 1
    if (!isZip(path)) {
      // Next to other files, a file whose name ends in `.zip` may be data of the program.
      if (isAlone) refuse({ path: name }, 'is not a zip file, although its name says so')
      continue
    }
    if (depth > deepestArchive)
      refuse({ path: name }, `is nested deeper than ${deepestArchive} archives`)
    const own = name.replace(zipEnding, '')
    if (names.some((other) => foldedName(other) === foldedName(own))) {
      refuse({ path: name }, 'unpacks into a folder that the submission has already')
    }
    const folder = isAlone ? target : join(target, own)
    await unpackArchive(path, folder, budget)
    await unpackNested(folder, budget, depth + 1)
  }
}

async function unpackArchive(path: string, folder: string, budget: Budget): Promise<void> {
  const zip = await openZip(path)
  try {
    // Remove the archive first, because a file in the archive may have the archive's name.
    unlinkSync(path)
    mkdirSync(folder, { recursive: true })
    await writeEntries(zip.entries, folder, budget)
  } finally {
    zip.close()
  }
}

/** The first bytes of a zip file: a local file header, or the end of an empty archive (APPNOTE.TXT 4.3.7, 4.3.16). */
const signatures = ['504b0304', '504b0506']

function isZip(path: string): boolean {
  const descriptor = openSync(path, 'r')
  try {
    const start = Buffer.alloc(4)
    readSync(descriptor, start)
    return signatures.includes(start.toString('hex'))
  } finally {
    closeSync(descriptor)
  }
}
