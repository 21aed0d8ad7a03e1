import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isProcess } from '../globals.ts'

/** `builds` has the programs that a test worker builds. `grade` has the test file of an `assignment.toml`. */
type DirectoryKind = 'builds' | 'grade'

/**
 * Makes a temporary directory of this process. The process removes the directory when the process exits. The next
 * grading removes the directory of a killed process.
 */
export function ownDirectory(kind: DirectoryKind): string {
  removeAbandoned()
  const directory = mkdtempSync(join(tmpdir(), `gradebox-${kind}-${process.pid}-`))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^gradebox-(?:builds|grade)-(\d+)-/.exec(name) ?? []
    if (pid === undefined || isProcess(Number(pid))) continue
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {
      // The directory belongs to another user.
    }
  }
}
