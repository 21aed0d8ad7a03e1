import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { isProcess } from '../../globals.ts'

/**
 * Replaces a file in one step. A reader, even after a kill at any moment, finds the old contents or the new
 * ones, never a part. It makes a missing directory, and writes directly to a pipe or a device.
 *
 * @throws {SandboxError} SETUP_FAILED with the path and the system's reason
 */
export function writeFileAtomically(path: string, contents: string | Uint8Array): void {
  const target = resolve(path)
  try {
    if (isSpecial(target)) writeFileSync(target, contents)
    else replace(target, contents)
  } catch (error) {
    throw cannotWrite(target, error)
  }
}

function replace(target: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(target), { recursive: true })
  removeAbandoned(target)
  const temporary = `${temporaryPrefix(target)}${process.pid}`
  try {
    const file = openSync(temporary, 'w', 0o644)
    try {
      writeFileSync(file, contents)
      // Without this, a power cut after the rename can leave an empty file.
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, target)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

const temporaryPrefix = (target: string) => join(dirname(target), `.${basename(target)}.writing-`)

const cleaned = new Set<string>()

/** Removes the temporary files of processes that were killed while they wrote. */
function removeAbandoned(target: string): void {
  if (cleaned.has(target)) return
  cleaned.add(target)
  const prefix = basename(temporaryPrefix(target))
  for (const name of readdirSync(dirname(target))) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN
    if (Number.isSafeInteger(pid) && !isProcess(pid)) {
      rmSync(join(dirname(target), name), { force: true })
    }
  }
}

function isSpecial(target: string): boolean {
  const status = statSync(target, { throwIfNoEntry: false })
  return status !== undefined && !status.isFile() && !status.isDirectory()
}

function cannotWrite(target: string, cause: unknown): SandboxError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SandboxError(`The report ${target} could not be written: ${reason}`, {
    code: 'SETUP_FAILED',
    hint: 'Choose a path in `reports` that this user can write to.',
    cause,
  })
}
