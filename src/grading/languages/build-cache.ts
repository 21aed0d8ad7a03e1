import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { SandboxResult } from '../../runner/result.ts'
import { fingerprint } from '../cache/fingerprint.ts'
import type { BuiltFile } from './language.ts'

/** A built program, and the compiler's run. */
export interface KeptBuild {
  /**
   * The directory that the sandbox shows at `/work`. Each run sees a copy-on-write view, so no run changes the
   * directory.
   */
  readonly directory: string
  readonly built: readonly BuiltFile[]
  readonly run: SandboxResult
}

const facts = 'build.json'
const program = 'program'

/** The fields of the compiler's run that the report needs. */
const keptFields = [
  'command',
  'args',
  'status',
  'exitCode',
  'signal',
  'reason',
  'usage',
  'limits',
  'attempts',
  'stdout',
  'stderr',
] as const satisfies readonly (keyof SandboxResult)[]

/** The kept program that the same compiler built from the same files. */
export function keptBuild(cache: string, key: string): KeptBuild | undefined {
  const place = join(cache, 'builds', key)
  if (!existsSync(join(place, facts))) return undefined
  try {
    const { built, run, contents } = JSON.parse(readFileSync(join(place, facts), 'utf8'))
    const directory = join(place, program)
    if (contents === contentsOf(directory)) return { directory, built, run }
    rmSync(place, { recursive: true, force: true })
  } catch {
    rmSync(place, { recursive: true, force: true })
  }
  // The kept program is damaged, so the caller builds the program again.
  return undefined
}

/** A fingerprint of a program's files, because a damaged program would fail a student. */
function contentsOf(directory: string): string {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
  return fingerprint(
    names.map((name) => {
      const path = join(directory, name)
      const status = lstatSync(path)
      return [name, status.mode, status.isFile() ? readFileSync(path) : undefined]
    }),
  )
}

/** Keeps a built program. If Gradebox cannot keep the program, the next grading builds the program again. */
export function keepBuild(cache: string, key: string, { directory, built, run }: KeptBuild): void {
  const builds = join(cache, 'builds')
  let fresh: string | undefined
  try {
    mkdirSync(builds, { recursive: true })
    fresh = mkdtempSync(join(builds, 'keeping-'))
    cpSync(directory, join(fresh, program), { recursive: true, preserveTimestamps: true })
    const kept = Object.fromEntries(keptFields.map((field) => [field, run[field]]))
    const contents = contentsOf(join(fresh, program))
    writeFileSync(join(fresh, facts), JSON.stringify({ built, run: kept, contents }))
    renameSync(fresh, join(builds, key))
  } catch {
    // Another worker kept the same program, or the disk is full.
    if (fresh !== undefined) rmSync(fresh, { recursive: true, force: true })
  }
}
