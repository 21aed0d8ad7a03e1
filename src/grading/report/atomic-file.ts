import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { clockMs, isProcess } from '../../globals.ts'

/**
 * Replaces a file in one step. A reader finds the old contents or the new ones, never a part, even if this
 * process is killed. The function makes a missing directory, and writes directly to a pipe or a device.
 *
 * @throws {SandboxError} SETUP_FAILED with the path and the system's reason
 */
export function writeFileAtomically(path: string, contents: string | Uint8Array): void {
  const target = resolve(path)
  try {
    if (isSpecial(target)) writeSpecial(target, contents)
    else replace(target, contents)
  } catch (error) {
    throw cannotWrite(target, error)
  }
}

/**
 * Checks that {@link writeFileAtomically} can write a file. Makes a missing directory, and writes nothing.
 *
 * @throws {SandboxError} SETUP_FAILED with the path and the system's reason
 */
export function checkReportFile(path: string): void {
  const target = resolve(path)
  try {
    if (isSpecial(target)) {
      closeSync(openSpecial(target))
      return
    }
    makeFolders(dirname(target))
    const temporary = `${temporaryPrefix(target)}${process.pid}`
    closeSync(openSync(temporary, 'w', 0o644))
    rmSync(temporary)
  } catch (error) {
    throw cannotWrite(target, error)
  }
}

/** Makes a folder and the missing folders above it. */
export function makeFolders(folder: string): void {
  // Node's recursive mkdir never returns if the kernel answers ENOENT to a new folder, as in /proc.
  if (existsSync(folder)) return
  makeFolders(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function replace(target: string, contents: string | Uint8Array): void {
  makeFolders(dirname(target))
  removeAbandoned(target)
  const temporary = `${temporaryPrefix(target)}${process.pid}`
  try {
    const file = openSync(temporary, 'w', 0o644)
    try {
      writeFileSync(file, contents)
      // Without fsync(2), a power cut after the rename can leave an empty file.
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

/**
 * Whether a path is a pipe or a character device. Gradebox writes a report into such a file, and does not replace the
 * file.
 *
 * @throws {Error} for any other path that no report may replace
 */
function isSpecial(target: string): boolean {
  const own = lstatSync(target, { throwIfNoEntry: false })
  const status = own?.isSymbolicLink() ? statSync(target, { throwIfNoEntry: false }) : own
  if (status?.isFIFO() || status?.isCharacterDevice()) return true
  if (own?.isSymbolicLink())
    throw new Error('it is a symbolic link, which a report does not follow')
  if (status?.isDirectory()) throw new Error('it is a directory')
  if (status?.isSocket()) throw new Error('it is a socket')
  if (status?.isBlockDevice()) throw new Error('it is a block device')
  if (status !== undefined && (status.mode & WRITE_BITS) === 0) throw new Error('it is read-only')
  return false
}

/** The write permissions in a file's mode: for the owner, the group and others. */
const WRITE_BITS = 0o222

// Without O_NONBLOCK, open(2) waits until a process opens the pipe for reading (fifo(7)).
function openSpecial(target: string): number {
  try {
    return openSync(target, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    throw new Error('it is a pipe that no process reads', { cause: error })
  }
}

/** How long a write to a full pipe waits for the reader, in milliseconds. */
const READER_MS = 5000
const sleeper = new Int32Array(new SharedArrayBuffer(4))

function writeSpecial(target: string, contents: string | Uint8Array): void {
  const file = openSpecial(target)
  try {
    let rest = Buffer.from(contents)
    for (let since = clockMs(); rest.length > 0; ) {
      const written = writePresent(file, rest)
      rest = rest.subarray(written)
      if (written > 0) since = clockMs()
      else if (clockMs() - since > READER_MS) throw new Error('no process reads from the pipe')
      else Atomics.wait(sleeper, 0, 0, 10)
    }
  } finally {
    closeSync(file)
  }
}

function writePresent(file: number, bytes: Uint8Array): number {
  try {
    return writeSync(file, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
  }
}

function cannotWrite(target: string, cause: unknown): SandboxError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SandboxError(`The report ${target} could not be written: ${reason}`, {
    code: 'SETUP_FAILED',
    hint: 'Choose another path for the report, one that this user can write to.',
    cause,
  })
}
