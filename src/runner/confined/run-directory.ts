import { randomBytes, randomInt } from 'node:crypto'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { lockDirectory } from '../../ffi/confinement.ts'
import { clockMs } from '../../globals.ts'
import { endLeftSession } from './left-session.ts'
import { endLeftUser } from './left-user.ts'
import { type IdSpace, ownIdSpace, type PrivateIds } from './machine-confinement.ts'
import { removeTree } from './remove-tree.ts'

/** The directory of one run. The run's program can write nowhere else. */
export interface RunDirectory {
  readonly path: string
  /** The run's own ids, if the run has any. */
  readonly ids: PrivateIds | undefined
  /** Notes that the init has ended every process of the run. */
  readonly noteEnd: () => void
  /** Removes the directory after the init has ended. First ends the run's processes, unless the init has ended them. */
  readonly remove: () => Promise<void>
}

/**
 * Makes and locks a run's directory. The directory's name is the run's private uid, if the run has one. So no two runs
 * in the directory of all runs share a uid. The lock means that the run is active. The kernel releases the lock when
 * this process ends, and the next run then removes the leftovers.
 *
 * @throws {SandboxError} SETUP_FAILED if the directory cannot be made, ISOLATION_UNAVAILABLE if too few ids are mapped
 */
export function makeRunDirectory(as: 'root' | 'user'): RunDirectory {
  const base = join(tmpdir(), `gradebox-confined-${process.geteuid?.() ?? 0}`)
  const space = as === 'root' ? ownIdSpace() : undefined
  try {
    checkParents(dirname(base), as)
    sweep(base, as)
    return lockedDirectory(base, space)
  } catch (error) {
    if (error instanceof SandboxError) throw error
    throw directoryError(error as NodeJS.ErrnoException)
  }
}

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'The file system is full; set TMPDIR to a directory on another.',
  EROFS: 'The file system is read-only; set TMPDIR to a directory that can be written.',
  EACCES: 'This user cannot write there; set TMPDIR to a directory where it can.',
}

function directoryError(cause: NodeJS.ErrnoException): SandboxError {
  const { code = 'EIO', syscall = 'open', path = tmpdir() } = cause
  return new SandboxError(
    `The directory of a run could not be made in ${JSON.stringify(tmpdir())}: ${cause.message}`,
    {
      code: 'SETUP_FAILED',
      step: { syscall, call: `${syscall}(${JSON.stringify(path)})`, errno: code, process: 'spawn' },
      hint: hints[code],
      cause,
    },
  )
}

const MOST_TRIES = 1000

function lockedDirectory(base: string, space: IdSpace | undefined): RunDirectory {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const ids = space === undefined ? undefined : drawIds(space)
    const path = join(base, ids === undefined ? randomBytes(8).toString('hex') : `${ids.uid}`)
    const lock = makeLocked(base, path, ids === undefined ? 0o700 : 0o711)
    if (lock === undefined) continue
    let hasEnded = false
    const noteEnd = () => {
      hasEnded = true
    }
    const remove = async () => {
      try {
        if (!hasEnded) endLeft(path, ids)
        await removeTree(path)
      } finally {
        closeSync(lock)
        removeIfEmpty(base)
      }
    }
    return { path, ids, noteEnd, remove }
  }
  throw new SandboxError('Every user id that a program could get is taken', {
    code: 'ISOLATION_UNAVAILABLE',
    hint: `Start fewer runs at once, or map more ids. Each directory in ${base} stands for one run.`,
  })
}

function drawIds({ first, pairs }: IdSpace): PrivateIds {
  const uid = first + 2 * randomInt(pairs)
  return { uid, neighbour: uid + 1 }
}

// A new directory without its lock looks like a leftover. This function therefore makes and locks the directory under a
// shared lock on the base, and a process that searches for leftovers locks the base exclusively.
function makeLocked(base: string, path: string, mode: number): number | undefined {
  makeBase(base, mode)
  const shared = lockPatiently(base)
  try {
    mkdirSync(path, { mode })
    return lockDirectory(path, 'shared')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The name is taken, or a process removed the empty base.
    if (code === 'EEXIST' || code === 'ENOENT') return undefined
    throw error
  } finally {
    if (shared !== undefined) closeSync(shared)
  }
}

const MOST_WAIT_MS = 2000
const sleeper = new Int32Array(new SharedArrayBuffer(4))

// An exclusive lock on the base lasts only some microseconds, so this function waits for its end.
function lockPatiently(path: string): number | undefined {
  const until = clockMs() + MOST_WAIT_MS
  for (;;) {
    const fd = lockDirectory(path, 'shared')
    if (fd !== undefined || !existsSync(path) || clockMs() > until) return fd
    Atomics.wait(sleeper, 0, 0, 1)
  }
}

function makeBase(base: string, mode: number): void {
  try {
    mkdirSync(base, { mode })
    return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const stats = lstatSync(base, { throwIfNoEntry: false })
  if (stats === undefined) return
  const isOurs =
    stats.isDirectory() && stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0
  if (isOurs) return
  throw new SandboxError(
    `${JSON.stringify(base)} exists, but is not a directory of this user alone`,
    {
      code: 'SETUP_FAILED',
      hint: 'Another user made it: remove it, or set TMPDIR to a directory of your own.',
    },
  )
}

let checked: string | undefined

// The program is not root, and must be able to reach its directory.
function checkParents(parent: string, as: 'root' | 'user'): void {
  if (as === 'user' || checked === parent) return
  for (let path = parent; ; path = dirname(path)) {
    if ((statSync(path).mode & 1) === 0) {
      throw new SandboxError(
        `The temporary directory ${JSON.stringify(parent)} cannot be reached by other users than root: ${JSON.stringify(path)} denies access to others`,
        {
          code: 'SETUP_FAILED',
          hint: 'Set TMPDIR to a directory that others can enter, such as /tmp: each program is a user of its own.',
        },
      )
    }
    if (path === dirname(path)) break
  }
  checked = parent
}

function removeIfEmpty(base: string): void {
  try {
    rmdirSync(base)
  } catch {
    // The base still contains the directories of other runs.
  }
}

// Ends the leftover processes of runs whose Gradebox process was killed. Removes the directories of these runs in the
// background.
function sweep(base: string, as: 'root' | 'user'): void {
  const stats = lstatSync(base, { throwIfNoEntry: false })
  if (stats === undefined || stats.uid !== process.geteuid?.()) return
  const names = readdirSync(base)
  if (names.length === 0) return
  const alone = lockDirectory(base, 'exclusive')
  if (alone === undefined) return
  const left: { readonly path: string; readonly lock: number }[] = []
  try {
    for (const name of names) {
      const path = join(base, name)
      const lock = lockDirectory(path, 'exclusive')
      if (lock !== undefined) left.push({ path, lock })
    }
  } finally {
    closeSync(alone)
  }
  for (const { path, lock } of left) void removeLeft(path, lock, as)
}

async function removeLeft(path: string, lock: number, as: 'root' | 'user'): Promise<void> {
  try {
    const uid = Number(path.slice(path.lastIndexOf('/') + 1))
    endLeft(path, as === 'root' ? { uid, neighbour: uid + 1 } : undefined)
    await removeTree(path)
  } catch {
    // The directory stays, and the next run tries again.
  } finally {
    closeSync(lock)
  }
}

function endLeft(path: string, ids: PrivateIds | undefined): void {
  if (ids === undefined) endLeftSession(path)
  else if (isPrivate(ids.uid)) endLeftUser(ids)
}

// A directory's name may be a number outside the range of runs, whichever user made the directory. Gradebox kills no
// process for such a number.
function isPrivate(uid: number): boolean {
  const { first, pairs } = ownIdSpace()
  return Number.isInteger(uid) && uid >= first && uid < first + 2 * pairs && (uid - first) % 2 === 0
}
