import {
  chmodSync,
  closeSync,
  type Dir,
  lstatSync,
  opendirSync,
  openSync,
  type Stats,
  statfsSync,
} from 'node:fs'
import { clearTimeout, clockMs, setTimeout } from '../../globals.ts'
import { OWN_DIRECTORIES } from '../../launcher/plan/confined/directory-steps.ts'
import { inTurns, type Work } from '../../work.ts'
import { BLOCK_BYTES, heldFiles } from './held-files.ts'

/** The interval between two counts of the files, in milliseconds. */
const INTERVAL_MS = 50
/** The largest share of a processor's time for the counts. */
const LARGEST_SHARE = 0.1
/** The number of files to count between two pauses. */
const FILES_PER_PIECE = 8
/** A disk limit allows 1024 files and one more for each 4096 bytes, as it does in a sandbox with a tmpfs. */
const BYTES_PER_FILE = 4096
const EXTRA_FILES = 1024
/**
 * The kernel accepts a path of at most 4,096 bytes. This process therefore opens each directory whose path is longer
 * than LONGEST_PATH bytes, and reaches the paths below that directory by its descriptor.
 */
const LONGEST_PATH = 2048

export interface DiskWatchOptions {
  /** The run's own directory. */
  readonly path: string
  readonly diskBytes: number
  /** The init's process id, once it is known. */
  readonly init: () => number | undefined
  /** Calls a function as a user who may see the program's descriptors. */
  readonly asProgram: <T>(look: () => T) => T
  readonly onExceeded: () => void
}

/**
 * Enforces a disk limit if no file system enforces the limit. The watch counts the program's files, and the deleted
 * files that the program still has open. For a program that hides its open files, the watch counts the growth of the
 * whole file system.
 */
export class DiskWatch {
  readonly #options: DiskWatchOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #stopped = false
  #bytes: number | undefined
  /** The bytes that were used on the file system when the run began. */
  readonly #usedBefore: number

  constructor(options: DiskWatchOptions) {
    this.#options = options
    this.#usedBefore = bytesUsed(options.path)
    this.#schedule(0)
  }

  /** The size at which the program exceeded the limit. */
  get exceededBytes(): number | undefined {
    return this.#bytes
  }

  /** Counts once more, because the program may have written much since the last count. Then ends the watch. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#looking
    await this.#look()
  }

  #schedule(tookMs: number): void {
    const pause = Math.max(INTERVAL_MS, tookMs / LARGEST_SHARE)
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
    }, pause).unref()
  }

  async #look(): Promise<void> {
    if (this.#bytes !== undefined) return
    const started = clockMs()
    const { path, diskBytes, init, asProgram, onExceeded } = this.#options
    const most = { bytes: diskBytes, files: EXTRA_FILES + diskBytes / BYTES_PER_FILE }
    const used = (await inTurns(directoriesUse(path, most))) ?? NONE
    const pid = init()
    const held = pid === undefined ? undefined : await inTurns(heldFiles(pid, path, asProgram))
    const shown = used.bytes + (held?.bytes ?? 0)
    // A program that hides files has written at most the bytes by which the file system has grown.
    const bytes = held?.hides ? Math.max(shown, bytesUsed(path) - this.#usedBefore) : shown
    if (bytes > most.bytes || used.files > most.files) {
      this.#bytes = Math.max(bytes, used.files * BYTES_PER_FILE)
      onExceeded()
    } else if (!this.#stopped) this.#schedule(clockMs() - started)
  }
}

function bytesUsed(path: string): number {
  const { blocks, bfree, bsize } = statfsSync(path)
  return (blocks - bfree) * bsize
}

interface Use {
  readonly bytes: number
  readonly files: number
}

const NONE: Use = { bytes: 0, files: 0 }

// Stops at the largest allowed number, because a program can make files faster than this process counts them.
function* directoriesUse(path: string, most: Use): Work<Use> {
  const opened: number[] = []
  const seen = new Set<number>()
  const waiting = OWN_DIRECTORIES.map((name) => `${path}/${name}`)
  let [bytes, files] = [0, 0]
  const near = (path: string): string => {
    if (path.length <= LONGEST_PATH) return path
    const fd = openSync(path, 'r')
    opened.push(fd)
    return `/proc/self/fd/${fd}`
  }
  try {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const directory = near(next)
      for (const name of namesIn(directory)) {
        if (bytes > most.bytes || files > most.files) return { bytes, files }
        if (files % FILES_PER_PIECE === 0) yield
        const path = `${directory}/${name}`
        const stats = attempt(() => lstatSync(path))
        if (stats === undefined) continue
        files++
        if (!isCounted(stats, seen)) bytes += stats.blocks * BLOCK_BYTES
        if (stats.isDirectory()) waiting.push(path)
      }
    }
    return { bytes, files }
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

// A file with several names counts once.
function isCounted({ nlink, ino }: Stats, seen: Set<number>): boolean {
  if (nlink <= 1) return false
  const known = seen.has(ino)
  seen.add(ino)
  return known
}

/** The number of names that one system call returns. */
const NAMES = 256

// Reads the names in pieces, because a directory can have any number of names. The program may remove the directory
// meanwhile.
function* namesIn(directory: string): Generator<string> {
  const opened = attempt(() => openDirectory(directory))
  if (opened === undefined) return
  try {
    for (let next = nextIn(opened); next !== null; next = nextIn(opened)) yield next.name
  } finally {
    opened.closeSync()
  }
}

const nextIn = (opened: Dir) => attempt(() => opened.readSync()) ?? null

// A program can remove the owner's permission to list a directory. This function then restores the permission.
function openDirectory(path: string): Dir {
  const open = () => opendirSync(path, { bufferSize: NAMES })
  const opened = attempt(open)
  if (opened !== undefined) return opened
  chmodSync(path, 0o700)
  return open()
}

// A file may disappear at any moment, and the call then fails.
function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
