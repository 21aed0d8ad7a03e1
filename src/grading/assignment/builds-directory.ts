import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isProcess } from '../../globals.ts'

/**
 * The process that starts the test workers sets this variable to the directory for the programs that they
 * build.
 */
const BUILDS_VARIABLE = 'GRADEBOX_BUILDS'

let own: string | undefined

/**
 * The directory in which this process keeps the programs that it builds. The process removes it when it
 * exits; the next grading removes the directory of a killed one.
 */
export function buildsDirectory(): string {
  if (own !== undefined) return own
  removeAbandoned()
  const directory = mkdtempSync(join(process.env[BUILDS_VARIABLE] ?? tmpdir(), prefix))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  own = directory
  return directory
}

const prefix = `gradebox-builds-${process.pid}-`

function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^gradebox-builds-(\d+)-/.exec(name) ?? []
    if (pid === undefined || isProcess(Number(pid))) continue
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {
      // The directory belongs to another user.
    }
  }
}
