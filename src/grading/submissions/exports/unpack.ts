import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { visibleLine } from '../../../units/visible.ts'
import { isIgnored, isLeftOut } from '../../languages/submission-files.ts'
import { clashText, foldedName, fullBudget, RefusedSubmission, refuse } from './check-entries.ts'
import { type ExportEntry, type OpenExport, openFolder, openZip } from './export-entries.ts'
import { layoutOf, type Place, type TopEntry } from './export-layout.ts'
import { isArchive, unpackNested, writeEntries } from './write-entries.ts'

/** A submission of an export: its directory, or the reason why Gradebox refuses the submission. */
export interface UnpackedSubmission {
  readonly id: string
  readonly people: Place['people']
  readonly metadata: Place['metadata']
  readonly submittedAt?: string
  /** The directory of the submission; absent when the submission is refused. */
  readonly path?: string
  /** Why the submission is refused. The text is for the staff and names the entry. */
  readonly refused?: string
  /** True when this machine caused the refusal, for example by a full disk. The next call unpacks the export again. */
  readonly isTrouble?: true
}

const mostMetadataBytes = 64 * 1024 * 1024

/**
 * Unpacks an export into a directory, one folder per submission. If a submission cannot be unpacked safely, the result
 * has the reason in `refused`. All other submissions are still unpacked. Folders of an export that need no unpacking
 * stay where they are.
 *
 * @param source a zip file or a folder
 * @param isSource whether a file is source code. A zip file with a source file at its top is one submission
 * @throws {Error} for an export that cannot be read as a whole
 */
export async function unpackExport(
  source: string,
  into: string,
  isSource: (name: string) => boolean,
): Promise<UnpackedSubmission[]> {
  if (statSync(source).isDirectory()) {
    return unpackGroups(openFolder(source, 1), into, isSource, source)
  }
  const zip = await openZip(source)
  try {
    const id = basename(source).replace(/\.zip$/i, '')
    return await unpackGroups(withoutWrapper(zip), into, isSource, undefined, id)
  } finally {
    zip.close()
  }
}

// Removes the folder that contains all entries. The command "compress this folder" makes such a folder.
function withoutWrapper(zip: OpenExport): OpenExport {
  const entries = zip.entries.filter(({ path }) => !isIgnored(path.split('/')[0] ?? ''))
  const tops = new Set(entries.map(({ path }) => path.split('/')[0] ?? ''))
  const [top = ''] = tops
  const isFolder = entries.every(({ path, kind }) => path !== top || kind === 'directory')
  const wrapper = { name: top, isDirectory: true, isClone: false }
  const isPlatform = layoutOf([wrapper])(wrapper)?.metadata.platform
  if (tops.size !== 1 || !isFolder || isPlatform !== undefined || top === '..' || top === '') {
    return { ...zip, entries }
  }
  const inner = entries
    .filter(({ path }) => path !== top)
    .map((entry) => ({ ...entry, path: entry.path.slice(top.length + 1) }))
  return withoutWrapper({ ...zip, entries: inner })
}

interface Group {
  readonly place: Place
  /** The entries of the submission. Each path is relative to the submission. */
  readonly entries: ExportEntry[]
  /** The top entries of the export that belong to the submission. */
  readonly tops: Set<string>
}

async function unpackGroups(
  opened: OpenExport,
  into: string,
  isSource: (name: string) => boolean,
  root?: string,
  ownId?: string,
): Promise<UnpackedSubmission[]> {
  const tops = topEntries(opened.entries, root)
  const isOne = tops.some(({ name, isDirectory }) => !isDirectory && isSource(name))
  const groups = await group(opened.entries, tops)
  const isOfPlatform = groups.some(({ place }) => place.metadata.platform !== undefined)
  if (ownId !== undefined && isOne && !isOfPlatform) {
    const place = { id: ownId, people: [{ id: ownId }], metadata: {} }
    const whole = { place, entries: [...opened.entries], tops: new Set<string>() }
    return [await unpackGroup(whole, into, root)]
  }
  const unpacked: UnpackedSubmission[] = []
  for (const each of groups) unpacked.push(await unpackGroup(each, into, root))
  return unpacked.sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)))
}

function topEntries(entries: readonly ExportEntry[], root: string | undefined): TopEntry[] {
  const tops = new Map<string, boolean>()
  const clones = new Set<string>()
  for (const { path, kind } of entries) {
    const [top = '', ...rest] = path.split('/')
    if (rest[0] === '.git') clones.add(top)
    tops.set(top, (tops.get(top) ?? false) || rest.length > 0 || kind === 'directory')
  }
  const isClone = (name: string) =>
    root === undefined ? clones.has(name) : existsSync(join(root, name, '.git'))
  return [...tops]
    .filter(([name]) => !isIgnored(name))
    .map(([name, isDirectory]) => ({ name, isDirectory, isClone: isClone(name) }))
}

async function group(entries: readonly ExportEntry[], tops: readonly TopEntry[]): Promise<Group[]> {
  const metadata = entries.find(({ path }) => path === 'submission_metadata.yml')
  const layout = layoutOf(tops, metadata && (await metadataText(metadata)))
  const named = new Map(tops.map((top) => [top.name, top]))
  const groups = new Map<string, Group>()
  for (const entry of entries) {
    const [name = '', ...rest] = entry.path.split('/')
    const top = named.get(name)
    const place = top && placeOf(layout, entry, top)
    if (place === undefined) continue
    const known = groups.get(place.id) ?? { place, entries: [], tops: new Set<string>() }
    groups.set(place.id, known)
    known.tops.add(name)
    const path = place.file ?? rest.join('/')
    if (path !== '') known.entries.push({ ...entry, path })
  }
  return [...groups.values()]
}

// An entry belongs to no submission if the entry's path leads out of the export, or if the entry is a link or a device
// at the top. Such an entry becomes a refused submission whose id is the entry's path.
function placeOf(layout: (top: TopEntry) => Place | undefined, entry: ExportEntry, top: TopEntry) {
  const leadsElsewhere = ['', '.', '..'].includes(top.name) || /^[A-Za-z]:$/.test(top.name)
  const isOdd = entry.path === top.name && entry.kind !== 'file' && entry.kind !== 'directory'
  if (!leadsElsewhere && !isOdd) return layout(top)
  const id = visibleLine(entry.path)
  return { id, people: [], metadata: {}, file: entry.path }
}

async function metadataText(entry: ExportEntry): Promise<string> {
  if (entry.kind !== 'file' || entry.bytes > mostMetadataBytes) {
    throw new Error('submission_metadata.yml is not a file, or is too large')
  }
  return readText(await entry.read())
}

async function unpackGroup(
  group: Group,
  into: string,
  root: string | undefined,
): Promise<UnpackedSubmission> {
  const { id, people, metadata, submittedAt } = group.place
  const known = { id, people, metadata, ...(submittedAt === undefined ? {} : { submittedAt }) }
  try {
    return { ...known, path: await pathOf(group, into, root) }
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
    if (error instanceof RefusedSubmission) return { ...known, refused: reason }
    const isTrouble = error instanceof Error && 'syscall' in error
    return { ...known, refused: `cannot be unpacked: ${reason}`, ...(isTrouble && { isTrouble }) }
  }
}

async function pathOf(
  { place, entries, tops }: Group,
  into: string,
  root: string | undefined,
): Promise<string> {
  const [top = '', ...others] = tops
  if (others.length > 0 && place.metadata.platform === undefined) {
    const [other = ''] = others
    const isClash = foldedName(other) === foldedName(top)
    refuse(
      { path: other },
      isClash ? clashText(other, top) : `is the same submission as \`${visibleLine(top)}\``,
    )
  }
  const budget = fullBudget()
  if (root === undefined || place.file !== undefined) {
    const target = stageFor(into, place.id)
    await writeEntries(entries, target, budget)
    await unpackNested(target, budget, 1)
    return target
  }
  const folders = [...tops].map((folder) => join(root, folder))
  const [only = ''] = folders
  // In an export that is a folder, a submission's folder stays where it is, unless an archive is in that folder.
  if (folders.length === 1 && !openFolder(only, 1).entries.some(isArchive)) return only
  const target = stageFor(into, place.id)
  for (const folder of folders) {
    await writeEntries(openFolder(folder, 64, isLeftOut).entries, target, budget)
  }
  await unpackNested(target, budget, 1)
  return target
}

// An id may contain any character, so the folder's name is a hash of the id.
function stageFor(into: string, id: string): string {
  const target = join(into, createHash('sha256').update(id).digest('hex').slice(0, 24))
  mkdirSync(target, { recursive: true })
  return target
}
