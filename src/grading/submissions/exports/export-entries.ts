import { constants, createReadStream, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { openPromise, type Entry as ZipEntry, type ZipFile } from 'yauzl'

/** A file or folder of an export. */
export interface ExportEntry {
  /**
   * The path in the export, with `/` between names. A folder's path does not end in `/`. Replacement characters stand
   * for bytes that are not UTF-8.
   */
  readonly path: string
  readonly isUtf8: boolean
  readonly kind: 'file' | 'directory' | 'link' | 'device'
  /** The unpacked size according to the export. If this size is wrong, reading the entry fails. */
  readonly bytes: number
  readonly isExecutable: boolean
  readonly read: () => Promise<Readable>
  /** The target of a link. Absent for a link in a zip file, because the contents of such an entry are the target. */
  readonly target?: string
}

/** An open export. Call `close` after the last read. */
export interface OpenExport {
  readonly entries: readonly ExportEntry[]
  readonly close: () => void
}

/** The longest path in a submission, in bytes. A path over PATH_MAX (4096 bytes) could be created, but not read. */
export const LONGEST_PATH = 1024

/** Gradebox refuses a whole export with more entries, because the list of entries alone would fill the memory. */
const MOST_ENTRIES = 500_000

/**
 * Lists the entries of a zip file, and unpacks nothing.
 *
 * @throws {Error} for a file that is not a zip file, with the reason
 */
export async function openZip(path: string): Promise<OpenExport> {
  // This check comes first, because a FIFO or a device in place of the file would block the process.
  const handle = await openFile(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  )
  const isFile = (await handle.stat()).isFile()
  await handle.close()
  if (!isFile) throw new Error('it is not a regular file')
  const zip = await openPromise(path, { decodeStrings: false, autoClose: false })
  try {
    if (zip.entryCount > MOST_ENTRIES) {
      throw new Error(`it has ${zip.entryCount} entries, and ${MOST_ENTRIES} are allowed`)
    }
    const entries: ExportEntry[] = []
    for await (const entry of zip.eachEntry()) entries.push(toEntry(zip, entry))
    return { entries: withSlashes(entries), close: () => zip.close() }
  } catch (error) {
    zip.close()
    throw error
  }
}

// If the archive was made on Unix, the upper half of the attributes is st_mode (APPNOTE.TXT 4.4.15, info-zip).
const types: ReadonlyMap<number, ExportEntry['kind']> = new Map([
  [constants.S_IFLNK, 'link'],
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFREG, 'file'],
  [0, 'file'],
])

function toEntry(zip: ZipFile, entry: ZipEntry): ExportEntry {
  // With `decodeStrings: false`, the name is a Buffer, although its TypeScript type is a string.
  const raw = entry.fileName as unknown as Buffer
  const { path, isUtf8 } = decode(raw)
  const mode = entry.externalFileAttributes >>> 16
  const isDirectory = path.endsWith('/')
  return {
    path: path.replace(/\/+$/, ''),
    isUtf8,
    kind: isDirectory ? 'directory' : (types.get(mode & constants.S_IFMT) ?? 'device'),
    bytes: entry.uncompressedSize,
    isExecutable: (mode & 0o100) !== 0,
    read: async () => {
      if (entry.isEncrypted()) throw new Error('it is encrypted')
      return zip.openReadStreamPromise(entry)
    },
  }
}

function decode(raw: Buffer): { readonly path: string; readonly isUtf8: boolean } {
  const path = raw.toString('utf8')
  return { path, isUtf8: Buffer.from(path, 'utf8').equals(raw) }
}

// Some programs on Windows write "\" between folders, which the format forbids (APPNOTE.TXT 4.4.17).
function withSlashes(entries: readonly ExportEntry[]): readonly ExportEntry[] {
  const isWindows =
    entries.some(({ path }) => path.includes('\\')) &&
    !entries.some(({ path }) => path.includes('/'))
  if (!isWindows) return entries
  return entries.map((entry) => ({ ...entry, path: entry.path.replaceAll('\\', '/') }))
}

/**
 * Lists a folder down to the given depth. The list contains links, but the function never follows a link.
 *
 * @param isLeftOut whether to leave out a name
 */
export function openFolder(
  root: string,
  depth: number,
  isLeftOut: (name: string) => boolean = () => false,
): OpenExport {
  const entries: ExportEntry[] = []
  const waiting: { readonly folder: string; readonly depth: number }[] = [{ folder: '', depth }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const raw of readdirSync(join(root, next.folder), { encoding: 'buffer' })) {
      const { path: name, isUtf8 } = decode(raw as unknown as Buffer)
      if (isLeftOut(name)) continue
      const path = next.folder === '' ? name : `${next.folder}/${name}`
      const entry = isUtf8 ? fileEntry(root, path) : { ...unreadable(path), isUtf8 }
      entries.push(entry)
      if (entries.length > MOST_ENTRIES) {
        throw new Error(`it has more than ${MOST_ENTRIES} entries`)
      }
      const isDeeper = next.depth > 1 && Buffer.byteLength(path) <= LONGEST_PATH
      if (entry.kind === 'directory' && isDeeper) {
        waiting.push({ folder: path, depth: next.depth - 1 })
      }
    }
  }
  return { entries, close: () => {} }
}

const unreadable = (path: string): ExportEntry => ({
  path,
  isUtf8: true,
  kind: 'device',
  bytes: 0,
  isExecutable: false,
  read: () => Promise.reject(new Error('it cannot be read')),
})

function fileEntry(root: string, path: string): ExportEntry {
  const absolute = join(root, path)
  const status = lstatSync(absolute)
  const kind = status.isDirectory()
    ? 'directory'
    : status.isFile()
      ? 'file'
      : status.isSymbolicLink()
        ? 'link'
        : 'device'
  return {
    path,
    isUtf8: true,
    kind,
    bytes: status.size,
    isExecutable: (status.mode & 0o100) !== 0,
    ...(kind === 'link' ? { target: readlinkSync(absolute) } : {}),
    read: async () =>
      createReadStream(absolute, {
        flags: (constants.O_RDONLY |
          constants.O_NOFOLLOW |
          constants.O_NONBLOCK) as unknown as string,
      }),
  }
}

/** The longest target of a link, in bytes. A longer text is not a path. */
const longestTarget = 4096

/** Adds the targets of the links in a zip file to the entries. */
export function withTargets(entries: readonly ExportEntry[]): Promise<ExportEntry[]> {
  const read = async (entry: ExportEntry) => {
    if (entry.kind !== 'link' || entry.target !== undefined) return entry
    if (entry.bytes > longestTarget) return entry
    return { ...entry, target: (await buffer(await entry.read())).toString('utf8') }
  }
  return Promise.all(entries.map(read))
}
