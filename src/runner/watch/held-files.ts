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

/** The largest number of bytes to read from a list of mappings. */
const LONGEST_MAPS = 256 * 1024

/** The deleted files that the processes of a run still have open or mapped. */
export interface HeldFiles {
  /** The size of the deleted files among the descriptors that the processes show. */
  readonly bytes: number
  /**
   * Whether there may be more deleted files, because a process shows no descriptors, maps a deleted file, or has sent
   * descriptors through a socket.
   */
  readonly hides: boolean
}

/**
 * Counts the deleted files that the processes below a run's init still have open or mapped.
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
    // An ended thread shows no descriptors either, because it has none (proc(5)).
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

  // A mapping keeps a file after the program closes the descriptor. The list of mappings does not show the file's size.
  addMappings(file: string): void {
    const text = attempt(() => readStart(file)) ?? ''
    // No ordinary program has so many mappings, and reading all of them would take long.
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

// A descriptor that is in transit through a socket is in no process's table (unix(7)).
const hasSentDescriptors = (fdinfo: string): boolean => /^scm_fds:\s*[1-9]/m.test(read(fdinfo))

// The kernel lists children by thread, not by process.
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

// Reads in a loop, because one read of a list of mappings returns at most a page.
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

// A process may end at any moment, and the call then fails.
function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
