import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  opendirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs'
import { nextTurn } from '../../globals.ts'

/** The number of names after which the event loop gets a turn. */
const NAMES_PER_TURN = 500

/**
 * Removes a directory that a program wrote to. Call this function after the program's end. A program can nest thousands
 * of directories. Their paths are too long for any system call, and their depth is too much for recursion. The function
 * therefore moves each nested directory to the top before it empties that directory. So the path of each directory is
 * short.
 *
 * @param path the directory; the caller must own its parent
 */
export async function removeTree(path: string): Promise<void> {
  // The prefix is new, because an unfinished removal may have left directories with another prefix.
  const prefix = `${path}/.gone-${randomUUID()}`
  const waiting = [path]
  let moved = 0
  let names = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const fd = openDirectory(next)
    try {
      const base = `/proc/self/fd/${fd}/`
      for (const { name, isDirectory } of namesIn(base)) {
        if (++names % NAMES_PER_TURN === 0) await nextTurn()
        const from = Buffer.concat([Buffer.from(base), name])
        if (!isDirectory) {
          unlinkSync(from)
          continue
        }
        const to = `${prefix}-${moved++}`
        moveDirectory(from, to)
        waiting.push(to)
      }
    } finally {
      closeSync(fd)
    }
    if (next !== path) rmdirSync(next)
  }
  rmdirSync(path)
}

interface Entry {
  readonly name: Buffer
  readonly isDirectory: boolean
}

/** The number of names that one system call returns. */
const NAMES = 256

// A name may consist of any bytes, which Latin-1 keeps. A directory may have any number of names, so this function does
// not read all names at once.
function* namesIn(path: string): Generator<Entry> {
  const opened = opendirSync(path, { encoding: 'latin1', bufferSize: NAMES })
  try {
    for (let next = opened.readSync(); next !== null; next = opened.readSync()) {
      yield { name: Buffer.from(next.name, 'latin1'), isDirectory: next.isDirectory() }
    }
  } finally {
    opened.closeSync()
  }
}

// Sets the permissions first, because the program may have removed them.
function openDirectory(path: string): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  chmodSync(path, 0o700)
  return openSync(path, flags)
}

// A move changes a directory's "..", so the mover must be able to write to the directory (rename(2)).
function moveDirectory(from: Buffer, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    chmodSync(from, 0o700)
    renameSync(from, to)
  }
}
