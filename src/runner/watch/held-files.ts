import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs'
import { parseStat } from '../../linux/proc-stat.ts'
import type { Work } from '../../work.ts'

/** stat(2) counts blocks of this many bytes, on every file system. */
export const BLOCK_BYTES = 512

/** The part of a list of mappings that is read, in bytes. */
const LONGEST_MAPS = 256 * 1024

/** The deleted files that the processes of a run still hold. */
export interface HeldFiles {
  /** The size of those that a process shows as open. */
  readonly bytes: number
  /** Whether a process may hold more: it shows no descriptors, maps a deleted file, or has sent descriptors. */
  readonly hides: boolean
}

/**
 * Counts the deleted files that the processes below a run's init hold open.
 *
 * @param path the run's own directory
 * @param asProgram calls a function as a user who may see the program's descriptors
 */
export function* heldFiles(
  init: number,
  path: string,
  asProgram: (look: () => void) => void,
): Work<HeldFiles> {
  const count = new Count(path)
  for (const pid of processesBelow(init)) {
    for (const thread of names(`/proc/${pid}/task`)) {
      asProgram(() => count.addThread(`/proc/${pid}/task/${thread}`))
      yield
    }
    asProgram(() => count.addMappings(`/proc/${pid}/maps`))
    yield
  }
  return { bytes: count.bytes, hides: count.hides }
}

class Count {
  bytes = 0
  hides = false
  readonly #path: string
  readonly #dev: number
  readonly #seen = new Set<number>()

  constructor(path: string) {
    this.#path = path
    this.#dev = statSync(path).dev
  }

  // A thread can have a table of descriptors of its own (CLONE_FILES, clone(2)).
  addThread(directory: string): void {
    const descriptors = attempt(() => readdirSync(`${directory}/fd`))
    // The dead hold nothing, and show nothing either (proc(5)).
    if (descriptors === undefined && isAlive(directory)) this.hides = true
    for (const fd of descriptors ?? []) {
      const link = attempt(() => readlinkSync(`${directory}/fd/${fd}`)) ?? ''
      if (link.endsWith(' (deleted)')) this.#addFile(`${directory}/fd/${fd}`)
      else if (link.startsWith('socket:') && hasSentDescriptors(`${directory}/fdinfo/${fd}`)) {
        this.hides = true
      }
    }
  }

  #addFile(file: string): void {
    const stats = attempt(() => statSync(file))
    if (stats === undefined || stats.dev !== this.#dev || !stats.isFile()) return
    if (this.#seen.has(stats.ino)) return
    this.#seen.add(stats.ino)
    this.bytes += stats.blocks * BLOCK_BYTES
  }

  // A mapping keeps a file whose descriptor is closed, and does not show how large that file is.
  addMappings(file: string): void {
    const text = attempt(() => readStart(file)) ?? ''
    // Nobody needs so many mappings, and reading them all would take long.
    if (text.length === LONGEST_MAPS) this.hides = true
    for (const line of text.split('\n')) {
      if (!line.endsWith(' (deleted)') || !line.includes(` ${this.#path}/`)) continue
      // proc_pid_maps(5): address, permissions, offset, device, inode.
      const inode = Number(line.split(/ +/)[4])
      if (!this.#seen.has(inode)) this.hides = true
    }
  }
}

function isAlive(thread: string): boolean {
  const { state } = parseStat(read(`${thread}/stat`))
  return state !== '' && state !== 'Z' && state !== 'X'
}

// Descriptors on their way through a socket are in no table (unix(7)).
const hasSentDescriptors = (fdinfo: string): boolean => /^scm_fds:\s*[1-9]/m.test(read(fdinfo))

// Every thread has its own children.
function processesBelow(init: number): number[] {
  const found = new Set<number>()
  const waiting = [init]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const tasks = `/proc/${next}/task`
    for (const thread of names(tasks)) {
      for (const child of read(`${tasks}/${thread}/children`).split(' ').filter(Boolean)) {
        if (found.has(Number(child))) continue
        found.add(Number(child))
        waiting.push(Number(child))
      }
    }
  }
  return [...found]
}

// The kernel gives a page of such a file at a time.
function readStart(file: string): string {
  const fd = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(LONGEST_MAPS)
    let length = 0
    for (let got = -1; got !== 0 && length < buffer.length; length += got) {
      got = readSync(fd, buffer, length, buffer.length - length, null)
    }
    return buffer.toString('latin1', 0, length)
  } finally {
    closeSync(fd)
  }
}

const names = (directory: string): string[] => attempt(() => readdirSync(directory)) ?? []
const read = (file: string): string => attempt(() => readFileSync(file, 'latin1')) ?? ''

// Processes can vanish at any moment.
function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
