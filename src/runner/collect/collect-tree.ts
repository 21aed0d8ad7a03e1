import { isUtf8 } from 'node:buffer'
import { fstatSync, opendirSync, readSync } from 'node:fs'
import { asFileUser } from '../../ffi/confinement.ts'
import { closeDescriptor, closeInThread } from '../../ffi/libc.ts'
import { openPath } from '../../ffi/open.ts'
import { clockMs, nextTurn } from '../../globals.ts'
import {
  EXDEV,
  O_NONBLOCK,
  O_RDONLY,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from '../../linux/constants.ts'
import { ErrnoError } from '../../linux/errno.ts'
import { formatSize } from '../../units/size.ts'
import { advance, type CollectName, type Position } from './collect-pattern.ts'
import {
  type Collected,
  type CollectRecord,
  kindRefusal,
  openRefusal,
  READ_BYTES,
} from './collected.ts'

/** The bounds of a run with patterns. */
export interface CollectBounds {
  /** The number of files, including those that could not be collected. */
  readonly files: number
  /** Bytes of all files together. */
  readonly bytes: number
  /** Names in directories. */
  readonly names: number
  /** The number of nested directories. */
  readonly depth: number
}

const COLLECT_BOUNDS: CollectBounds = {
  files: 10_000,
  bytes: 256 * 1024 * 1024,
  names: 100_000,
  depth: 100,
}

/** The time in ms after which other work of this thread gets a turn. */
const TURN_MS = 10

const beneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV

/** The source of the descriptors, and the user whose rights count. */
export interface CollectSource {
  /** The results of the init for each name, in order. */
  readonly records: readonly CollectRecord[]
  /** The next descriptor that the init passed; undefined when it is lost. */
  readonly take: () => number | undefined
  /** The ids of the program; the run does not collect files that the program may not read. */
  readonly user: { readonly uid: number; readonly gid: number }
}

/**
 * Collects the files that the names and patterns of `collect` match. Call it when every process of the sandbox has
 * ended. No process changes the files then, but the function still opens each path as if a process could.
 */
export async function collectTrees(
  names: readonly CollectName[],
  source: CollectSource,
  bounds: CollectBounds = COLLECT_BOUNDS,
): Promise<Collected> {
  const walk = new Walk(source, bounds)
  for (const [index, record] of source.records.entries()) {
    const name = names[index]
    if (name !== undefined) await walk.collect(name, record)
  }
  return walk.collected
}

interface Directory {
  readonly fd: number
  /** The text before an entry's name in the path that the caller sees. */
  readonly prefix: string
  readonly position: Position
  readonly depth: number
}

class Walk {
  readonly #files = new Map<string, Uint8Array>()
  readonly #uncollected = new Map<string, string>()
  readonly #source: CollectSource
  readonly #bounds: CollectBounds
  readonly #asProgram: <T>(open: () => T) => T
  #bytes = 0
  #names = 0
  #turnEnd = clockMs() + TURN_MS
  /** The reason why no further file is collected. */
  #end: string | undefined

  constructor(source: CollectSource, bounds: CollectBounds) {
    this.#source = source
    this.#bounds = bounds
    const { uid, gid } = source.user
    const isOther = process.geteuid?.() === 0 && uid !== 0
    this.#asProgram = isOther ? (open) => asFileUser(uid, gid, open) : (open) => open()
  }

  // Object.fromEntries() keeps any name as an own property, also `__proto__`.
  get collected(): Collected {
    return {
      files: Object.fromEntries(this.#files),
      uncollected: Object.fromEntries(this.#uncollected),
    }
  }

  async collect({ name, base, start }: CollectName, record: CollectRecord): Promise<void> {
    const refusal = openRefusal(record.result)
    if (refusal !== undefined) this.#refuse(name, refusal)
    if (record.result < 0) return
    const passed = openRefusal(record.copiedBytes)
    const fd = record.copiedBytes < 0 ? undefined : this.#source.take()
    if (fd === undefined) {
      this.#refuse(name, passed ?? 'this process has too many open files to receive it')
      return
    }
    try {
      if (start === undefined) await this.#read(fd, name)
      else if (!fstatSync(fd).isDirectory()) this.#refuse(name, `${base} is not a directory`)
      else {
        const prefix = base === '' || base.endsWith('/') ? base : `${base}/`
        await this.#walk({ fd, prefix, position: start, depth: 0 })
      }
    } finally {
      // The sandbox has ended, so this may be the last descriptor of its file system. The last close can take long,
      // because the kernel then frees all files.
      await closeInThread(fd)
    }
    if (this.#end !== undefined) this.#uncollected.set(name, this.#end)
  }

  async #walk(directory: Directory): Promise<void> {
    if (this.#end !== undefined) return
    for (const { bytes, isDirectory } of await this.#list(directory)) {
      if (this.#end !== undefined) return
      const path = `${directory.prefix}${bytes.toString()}`
      const position = advance(directory.position, bytes.toString())
      const isWanted = isDirectory ? position.parts.size > 0 : position.matches
      if (!isWanted || this.#files.has(path) || this.#uncollected.has(path)) continue
      if (!isUtf8(bytes)) {
        this.#refuse(path, 'its name is not valid UTF-8')
        continue
      }
      const fd = this.#open(directory, bytes, path)
      if (fd === undefined) continue
      try {
        if (!isDirectory) await this.#read(fd, path)
        else if (directory.depth === this.#bounds.depth) {
          this.#refuse(path, `is more than ${this.#bounds.depth} directories deep`)
        } else {
          await this.#walk({ fd, prefix: `${path}/`, position, depth: directory.depth + 1 })
        }
      } finally {
        closeDescriptor(fd)
      }
      await this.#turn()
    }
  }

  // Sorted, so that a bound cuts off the same files each time.
  async #list({ fd, prefix }: Directory) {
    const names: { bytes: Buffer; isDirectory: boolean }[] = []
    let directory: ReturnType<typeof opendirSync>
    try {
      // Latin-1 keeps every byte of a name.
      directory = opendirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1', bufferSize: 256 })
    } catch (error) {
      this.#refuse(prefix, reasonOf(error))
      return names
    }
    try {
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
        if (++this.#names > this.#bounds.names) {
          this.#end = `has more than ${this.#bounds.names} names; the others were not read`
          break
        }
        names.push({
          bytes: Buffer.from(entry.name, 'latin1'),
          isDirectory: entry.isDirectory(),
        })
        await this.#turn()
      }
    } finally {
      directory.closeSync()
    }
    return names.sort((one, other) => Buffer.compare(one.bytes, other.bytes))
  }

  async #turn(): Promise<void> {
    if (clockMs() < this.#turnEnd) return
    await nextTurn()
    this.#turnEnd = clockMs() + TURN_MS
  }

  #open({ fd: from }: Directory, name: Buffer, path: string): number | undefined {
    const how = { flags: O_RDONLY | O_NONBLOCK, resolve: beneath, from }
    try {
      return this.#asProgram(() => openPath(name, how))
    } catch (error) {
      this.#refuse(path, reasonOf(error))
      return undefined
    }
  }

  async #read(fd: number, path: string): Promise<void> {
    const { mode, size } = fstatSync(fd)
    const refusal = kindRefusal(mode, size) ?? this.#sizeRefusal(size)
    const contents = refusal ?? (await this.#readWhole(fd, size))
    if (typeof contents === 'string') this.#refuse(path, contents)
    else if (this.#hasRoom()) {
      this.#bytes += size
      this.#files.set(path, contents)
    }
  }

  /** A file's contents, or the reason why it has fewer bytes than its size. */
  async #readWhole(fd: number, size: number): Promise<Buffer | string> {
    const contents = Buffer.alloc(size)
    let done = 0
    while (done < size) {
      const count = readSync(fd, contents, done, Math.min(size - done, READ_BYTES), done)
      if (count === 0) return `only ${formatSize(done)} of ${formatSize(size)} could be read`
      done += count
      await this.#turn()
    }
    return contents
  }

  #sizeRefusal(size: number): string | undefined {
    const { bytes } = this.#bounds
    if (this.#bytes + size <= bytes) return undefined
    return `does not fit into the ${formatSize(bytes)} that a run with patterns collects`
  }

  #refuse(path: string, why: string): void {
    if (this.#hasRoom()) this.#uncollected.set(path, why)
  }

  #hasRoom(): boolean {
    const { files } = this.#bounds
    if (this.#files.size + this.#uncollected.size < files) return true
    this.#end ??= `names more than ${files} files; the others were not collected`
    return false
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ErrnoError)) return (error as Error).message
  if (error.errno === EXDEV) return 'is another mount; name it by itself'
  return openRefusal(-error.errno) ?? 'is gone'
}
