import { type Dirent, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { WorkdirEntry } from '../launcher/plan/workdir.ts'

/** A working directory's contents, parents before their children. */
export interface WorkdirScan {
  readonly entries: readonly WorkdirEntry[]
  /** Whether it and all in it belong to this user and group. */
  readonly ownedBy: (uid: number, gid: number) => boolean
}

/**
 * Lists a host directory. It follows no symbolic link, and what vanishes meanwhile is left out.
 *
 * @throws {NodeJS.ErrnoException} when a directory cannot be read
 */
export function scanWorkdir(source: string): WorkdirScan {
  const entries: WorkdirEntry[] = []
  const owners = new Set<string>()
  const visit = (directory: string): void => {
    for (const dirent of listDirectory(source, directory)) {
      const path = directory === '' ? dirent.name : `${directory}/${dirent.name}`
      const stats = lstatSync(join(source, path), { throwIfNoEntry: false })
      if (stats === undefined) continue
      owners.add(`${stats.uid}:${stats.gid}`)
      entries.push(entryOf(source, path, dirent, stats))
      if (dirent.isDirectory()) visit(path)
    }
  }
  const top = lstatSync(source)
  owners.add(`${top.uid}:${top.gid}`)
  visit('')
  return {
    entries,
    ownedBy: (uid, gid) => owners.size === 1 && owners.has(`${uid}:${gid}`),
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

function entryOf(source: string, path: string, dirent: Dirent, stats: Stats): WorkdirEntry {
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
    mode: stats.mode & 0o777,
    sizeBytes: stats.size,
    modifiedMs: stats.mtimeMs,
    ...(type === 'symlink' ? { link: readlinkSync(join(source, path)) } : {}),
  }
}
