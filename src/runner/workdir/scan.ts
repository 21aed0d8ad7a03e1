import { type Dirent, lstatSync, opendirSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { nextTurn } from '../../globals.ts'
import type { DirectoryEntry } from '../../launcher/plan/copy.ts'
import { S_IRUSR, S_IXUSR } from '../../linux/constants.ts'
import { finish, type Work, workForATurn } from '../../work.ts'

/** A host directory's contents, parents before their children. */
export interface DirectoryScan {
  readonly entries: readonly DirectoryEntry[]
  /** Whether the directory and everything in it belong to this user and group. */
  readonly ownedBy: (uid: number, gid: number) => boolean
  /** Whether the directory contains another file system. An overlay does not show other file systems. */
  readonly hasMounts: boolean
  /** Whether the directory contains a file that the file's owner may execute but not read. */
  readonly hasUnreadable: boolean
}

/** The number of entries to list between two pauses. */
const PIECE = 8
/** The number of names that one system call returns. */
const NAMES = 256

/** The host directories that a run lists before it starts, in turns with other work of this thread. */
export class Listing {
  readonly #listed = new Map<string, DirectoryScan>()
  readonly #errors = new Map<string, unknown>()
  readonly #pending: [string, Work<DirectoryScan>][]

  /** Lists directories for one turn of the event loop; complete() lists the rest. */
  constructor(sources: readonly string[]) {
    this.#pending = sources.map((source) => [source, listing(source)])
    this.#continue()
  }

  get isComplete(): boolean {
    return this.#pending.length === 0
  }

  /** Whether there is a file that the program, as the file's owner, may execute but not read. */
  get hasUnreadable(): boolean {
    return [...this.#listed.values()].some((scan) => scan.hasUnreadable)
  }

  /**
   * Lists the rest of the directories.
   *
   * @param isCancelled whether the caller no longer needs the list
   */
  async complete(isCancelled: () => boolean): Promise<void> {
    while (!this.isComplete && !isCancelled()) {
      await nextTurn()
      this.#continue()
    }
  }

  /**
   * Returns a directory's contents. Lists the directory at once if it is not listed yet.
   *
   * @throws {NodeJS.ErrnoException} when a directory cannot be read
   */
  of(source: string): DirectoryScan {
    if (this.#errors.has(source)) throw this.#errors.get(source)
    return this.#listed.get(source) ?? finish(listing(source))
  }

  #continue(): void {
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      const [source, work] = next
      try {
        const done = workForATurn(work)
        if (done === undefined) return
        this.#listed.set(source, done.value)
      } catch (error) {
        // of() throws the error later, where the caller can explain it.
        this.#errors.set(source, error)
      }
      this.#pending.shift()
    }
  }
}

/**
 * Lists a host directory with frequent pauses. The function follows no symbolic link, and omits files that disappear
 * meanwhile.
 */
function* listing(source: string): Work<DirectoryScan> {
  const entries: DirectoryEntry[] = []
  const top = lstatSync(source)
  const owners = new Set([`${top.uid}:${top.gid}`])
  const devices = new Set([top.dev])
  const directories = ['']
  for (let at = directories.pop(); at !== undefined; at = directories.pop()) {
    for (const dirent of namesIn(source, at)) {
      const path = at === '' ? dirent.name : `${at}/${dirent.name}`
      const stats = lstatSync(join(source, path), { throwIfNoEntry: false })
      if (stats === undefined) continue
      owners.add(`${stats.uid}:${stats.gid}`)
      entries.push(entryOf(source, path, stats))
      if (entries.length % PIECE === 0) yield
      if (!stats.isDirectory()) continue
      devices.add(stats.dev)
      directories.push(path)
    }
  }
  return {
    entries,
    ownedBy: (uid, gid) => owners.size === 1 && owners.has(`${uid}:${gid}`),
    hasMounts: devices.size > 1,
    hasUnreadable: entries.some(isUnreadable),
  }
}

const isUnreadable = ({ type, mode }: DirectoryEntry): boolean =>
  type === 'file' && (mode & (S_IXUSR | S_IRUSR)) === S_IXUSR

function* namesIn(source: string, directory: string): Generator<Dirent> {
  const opened = openIfThere(join(source, directory), directory === '')
  if (opened === undefined) return
  try {
    for (let next = opened.readSync(); next !== null; next = opened.readSync()) yield next
  } finally {
    opened.closeSync()
  }
}

function openIfThere(path: string, isTop: boolean) {
  try {
    return opendirSync(path, { bufferSize: NAMES })
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT' && !isTop
    if (isGone) return undefined
    // Node 20's opendirSync() names no path in its errors.
    throw Object.assign(error as NodeJS.ErrnoException, { path })
  }
}

function entryOf(source: string, path: string, stats: Stats): DirectoryEntry {
  const type = stats.isDirectory()
    ? 'directory'
    : stats.isFile()
      ? 'file'
      : stats.isSymbolicLink()
        ? 'symlink'
        : 'other'
  return {
    path,
    type,
    // A directory keeps its sticky bit. Set-user-ID and set-group-ID bits have no effect in a sandbox.
    mode: stats.mode & (type === 'directory' ? 0o1777 : 0o777),
    sizeBytes: stats.size,
    modifiedMs: stats.mtimeMs,
    ...(type === 'symlink' ? { link: readlinkSync(join(source, path)) } : {}),
  }
}
