import { accessSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, parse, resolve } from 'node:path'

/**
 * The directory of a project's cache: `node_modules/.cache/gradebox` next to the nearest package.json. Where
 * that cannot be written, it is a folder of the user in the temporary directory.
 *
 * @param from the directory to search from; default the current one
 */
export function cacheDirectory(from = process.cwd()): string {
  const project = projectDirectory(from)
  if (project === undefined) return ownTemporary()
  const cache = join(project, 'node_modules', '.cache', 'gradebox')
  try {
    mkdirSync(cache, { recursive: true })
    accessSync(cache, constants.W_OK)
    return cache
  } catch {
    return ownTemporary()
  }
}

// Another user may have made a folder of that name first, with results of their own in it.
function ownTemporary(): string {
  const user = process.geteuid?.() ?? 0
  const path = join(tmpdir(), `gradebox-cache-${user}`)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(path)
  const isOurs = lstatSync(path).isDirectory() && uid === user && (mode & 0o022) === 0
  return isOurs ? path : mkdtempSync(`${path}-`)
}

function projectDirectory(from: string): string | undefined {
  const { root } = parse(resolve(from))
  for (let folder = resolve(from); folder !== root; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  return undefined
}
