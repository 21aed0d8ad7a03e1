import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, parse, resolve } from 'node:path'

/**
 * Where a project keeps what can be made again: `node_modules/.cache/gradebox` beside the nearest package.json, or a folder
 * of the user's in the temporary directory where that cannot be written.
 *
 * @param from the directory to search from; default the current one
 */
export function cacheDirectory(from = process.cwd()): string {
  const own = join(tmpdir(), `gradebox-cache-${process.geteuid?.() ?? 0}`)
  const project = projectDirectory(from)
  if (project === undefined) return own
  const cache = join(project, 'node_modules', '.cache', 'gradebox')
  try {
    mkdirSync(cache, { recursive: true })
    accessSync(cache, constants.W_OK)
    return cache
  } catch {
    return own
  }
}

function projectDirectory(from: string): string | undefined {
  const { root } = parse(resolve(from))
  for (let folder = resolve(from); folder !== root; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  return undefined
}
