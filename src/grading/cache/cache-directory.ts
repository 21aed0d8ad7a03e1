import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, parse, resolve } from 'node:path'

/**
 * The directory of a project's cache: `node_modules/.cache/gradebox` next to the nearest package.json. If Gradebox
 * cannot write to this directory, or if another user can also write to the directory, the cache is the user's own
 * folder in the temporary directory.
 *
 * @param from the directory at which the search starts; by default the current directory
 */
export function cacheDirectory(from = process.cwd()): string {
  const project = projectDirectory(from)
  if (project === undefined) return ownTemporary()
  const cache = join(project, 'node_modules', '.cache', 'gradebox')
  try {
    mkdirSync(cache, { recursive: true })
    accessSync(cache, constants.W_OK)
    return isOwn(cache) ? cache : ownTemporary()
  } catch {
    return ownTemporary()
  }
}

// Another user may have made a folder of the same name first, with forged results in that folder.
function ownTemporary(): string {
  const path = join(tmpdir(), `gradebox-cache-${process.geteuid?.() ?? 0}`)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const isPrivate =
    lstatSync(path).isDirectory() && isOwn(path) && (statSync(path).mode & 0o020) === 0
  return isPrivate ? path : mkdtempSync(`${path}-`)
}

/**
 * Whether only this user, the user's group or root can have written to a directory. A student's project that a teacher
 * grades could otherwise contain forged results, or redirect the cache by a link.
 */
function isOwn(directory: string): boolean {
  const { uid, mode } = statSync(directory)
  return [0, process.geteuid?.() ?? 0].includes(uid) && (mode & 0o002) === 0
}

function projectDirectory(from: string): string | undefined {
  const { root } = parse(resolve(from))
  for (let folder = resolve(from); folder !== root; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  return undefined
}
