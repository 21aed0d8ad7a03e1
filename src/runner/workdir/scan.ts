import { type Dirent, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { DirectoryEntry } from '../../launcher/plan/copy.ts'

/** A host directory's contents, parents before their children. */
export interface DirectoryScan {
  readonly entries: readonly DirectoryEntry[]
  /** Whether it and all in it belong to this user and group. */
  readonly ownedBy: (uid: number, gid: number) => boolean
  /** Whether another file system is mounted in it: an overlay shows only its own. */
  readonly hasMounts: boolean
}

/**
 * Lists a host directory. It follows no symbolic link, and what vanishes meanwhile is left out.
 *
 * @throws {NodeJS.ErrnoException} when a directory cannot be read
 */
export function scanDirectory(source: string): DirectoryScan {
  const entries: DirectoryEntry[] = []
  const owners = new Set<string>()
  const devices = new Set<number>()
  const visit = (directory: string): void => {
    for (const dirent of listDirectory(source, directory)) {
      const path = directory === '' ? dirent.name : `${directory}/${dirent.name}`
      const stats = lstatSync(join(source, path), { throwIfNoEntry: false })
      if (stats === undefined) continue
      owners.add(`${stats.uid}:${stats.gid}`)
      entries.push(entryOf(source, path, dirent, stats))
      if (!dirent.isDirectory()) continue
      devices.add(stats.dev)
      visit(path)
    }
  }
  const top = lstatSync(source)
  owners.add(`${top.uid}:${top.gid}`)
  devices.add(top.dev)
  visit('')
  return {
    entries,
    ownedBy: (uid, gid) => owners.size === 1 && owners.has(`${uid}:${gid}`),
    hasMounts: devices.size > 1,
  }
}

function listDirectory(source: string, directory: string): Dirent[] {
  try {
    return readdirSync(join(source, directory), { withFileTypes: true })
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT' && directory !== ''
    if (isGone) return []
    throw error
  }
}

function entryOf(source: string, path: string, dirent: Dirent, stats: Stats): DirectoryEntry {
  const type = dirent.isDirectory()
    ? 'directory'
    : dirent.isFile()
      ? 'file'
      : dirent.isSymbolicLink()
        ? 'symlink'
        : 'other'
  return {
    path,
    type,
    // A sticky directory stays one; set-user-ID and set-group-ID bits have no effect in a sandbox.
    mode: stats.mode & (type === 'directory' ? 0o1777 : 0o777),
    sizeBytes: stats.size,
    modifiedMs: stats.mtimeMs,
    ...(type === 'symlink' ? { link: readlinkSync(join(source, path)) } : {}),
  }
}
