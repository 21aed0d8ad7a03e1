import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadPolicy } from '../../policy/load.ts'
import type { Language } from './language.ts'
import { buildPolicy } from './run-tool.ts'

const usualPath = '/usr/local/bin:/usr/bin:/bin'

/**
 * The programs that build and run a language, each with its size and modification time. The version does not suffice,
 * because a wrapper or a locally built compiler can change without a new version.
 */
export function toolFiles(language: Language): readonly unknown[] {
  const { PATH = usualPath } = loadPolicy(buildPolicy(language)).env
  const [name] = language.version
  return [name, ...(language.tools ?? [])].map((tool) => firstFile(tool, PATH.split(':')))
}

function firstFile(name: string, folders: readonly string[]): unknown {
  for (const folder of folders) {
    const path = join(folder, name)
    const status = statSync(path, { throwIfNoEntry: false })
    if (status?.isFile()) return [realpathSync(path), status.size, status.mtimeMs]
  }
  return undefined
}
