import { fstatSync, readFileSync, readlinkSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { MAP_SHARED, MFD_CLOEXEC, PROT_READ, PROT_WRITE } from '../linux/constants.ts'
import { parseStat } from '../linux/proc-stat.ts'
import { cFunctions } from './c-library.ts'

/*
 * A terminated worker thread runs no more JavaScript, so the process keeps the thread's open descriptors and ended
 * children. Each worker thread therefore lists these descriptors and children in a memfd, whose name contains the
 * thread's id. `ended-threads.ts` closes the descriptors and reaps the children on the list of an ended thread.
 *
 * A list is always complete. V8 terminates a thread only at the start of a JavaScript function, or at a turn of a loop.
 * Every function below therefore calls a native function and changes the list in straight-line code, without another
 * call or a loop in between. The list is mapped memory, because a write to memory needs no call.
 */

const calls = cFunctions((declare) => ({
  memfd_create: declare('memfd_create', 'int', ['str', 'uint']),
  ftruncate: declare('ftruncate', 'int', ['int', 'int64']),
  mmap: declare('mmap', 'void *', ['void *', 'uint64', 'int', 'int', 'int', 'int64']),
}))

const WORD = 4

/**
 * The parts of a list in order, each with its number of 32-bit words. A place has room for one entry. The word of an
 * empty place is 0.
 */
const WORDS = {
  /** The address at which the thread has mapped the list, for munmap(2). */
  address: 2,
  /** Children that the thread has to reap. */
  children: 4096,
  /** Descriptors that the thread has to close. */
  descriptors: 16_384,
  /**
   * Descriptors of report pipes. A launch program writes the pid of its second child to such a pipe, and the thread may
   * not have read the pid yet.
   */
  reports: 4096,
  /** Pairs of a descriptor that libuv is about to own, and the inode of the descriptor's file. */
  handedOver: 8192,
  /** The bytes that the thread last read from a report pipe. The size is the default capacity of a pipe (pipe(7)). */
  report: 16_384,
} as const

type Part = keyof typeof WORDS

/** The offset of each part of a list, in words. */
export const PART_START: Readonly<Record<Part, number>> = partStarts()
export const LIST_BYTES = WORD * Object.values(WORDS).reduce((sum, words) => sum + words, 0)

function partStarts(): Record<Part, number> {
  const starts: Partial<Record<Part, number>> = {}
  let start = 0
  for (const [part, words] of Object.entries(WORDS)) {
    starts[part as Part] = start
    start += words
  }
  return starts as Record<Part, number>
}

/** The words of a part of a list. */
export const partOf = (list: Int32Array, part: Part): Int32Array =>
  list.subarray(PART_START[part], PART_START[part] + WORDS[part])

/**
 * The places of a part that are not empty. Each result consists of the offset of the place in the list, in words, and
 * the number at that place.
 */
export const placesOf = (list: Int32Array, part: Part, width = 1): (readonly [number, number])[] =>
  [...partOf(list, part)].flatMap((number, index) =>
    number > 0 && index % width === 0 ? [[PART_START[part] + index, number] as const] : [],
  )

const NAME = 'gradebox-thread-'
const LINK = new RegExp(`^/memfd:${NAME}(\\d+)-(\\d+)( |$)`)

/** Whether a descriptor of this process is the list of a thread that has ended. */
export function isListOfEndedThread(fd: string): boolean {
  try {
    const [, thread = '', start] = LINK.exec(readlinkSync(`/proc/self/fd/${fd}`)) ?? []
    return start !== undefined && startOf(thread) !== start
  } catch {
    // Another thread has closed the descriptor.
    return false
  }
}

/** The start time of a thread of this process, in ticks; empty when the thread has ended. */
function startOf(thread: string): string {
  try {
    return parseStat(readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')).startTicks
  } catch {
    return ''
  }
}

// If the process cannot open another descriptor, the list is memory that no other thread finds.
function mapList(): ArrayBuffer {
  const thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? ''
  const name = `${NAME}${thread}-${startOf(thread)}`
  const { koffi, memfd_create, ftruncate, mmap } = calls()
  const fd = memfd_create(name, MFD_CLOEXEC)
  if (fd < 0 || ftruncate(fd, LIST_BYTES) < 0) return new ArrayBuffer(LIST_BYTES)
  const address: bigint = mmap(null, LIST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
  const isMapped = BigInt.asIntN(64, address) !== -1n
  if (!isMapped) return new ArrayBuffer(LIST_BYTES)
  const memory = koffi.view(address, LIST_BYTES)
  new BigUint64Array(memory, 0, 1)[0] = address
  return memory
}

/** One part of this thread's list, and the place of each number in that part. */
class Numbers {
  readonly words: Int32Array
  readonly #width: number
  readonly #places = new Map<number, number>()
  readonly #free: number[] = []
  #end = 0

  /** @param width how many words each place has */
  constructor(words: Int32Array, width = 1) {
    this.words = words
    this.#width = width
  }

  /** Reserves an empty place. If the list is full, the place is outside the list, where JavaScript ignores a write. */
  reserve(): number {
    const free = this.#free.pop()
    if (free !== undefined) return free
    const place = this.#end
    this.#end += this.#width
    return place
  }

  /** Remembers which number is at a reserved place. */
  keep(number: number, place: number): void {
    this.#places.set(number, place)
  }

  /** Frees a place that stayed empty, or is empty again. */
  release(place: number): void {
    this.#free.push(place)
  }

  /**
   * The place of a number. The result is -1 for a number that is not on the list, because JavaScript ignores a write to
   * index -1.
   */
  placeOf(number: number): number {
    return this.#places.get(number) ?? -1
  }

  /** Forgets the place of a number that is no longer on the list. */
  drop(number: number, place: number): void {
    if (place < 0) return
    this.#places.delete(number)
    this.#free.push(place)
  }
}

class List {
  readonly children: Numbers
  readonly descriptors: Numbers
  readonly reports: Numbers
  readonly handedOver: Numbers
  readonly report: Buffer

  constructor() {
    const memory = mapList()
    const words = new Int32Array(memory)
    this.children = new Numbers(partOf(words, 'children'))
    this.descriptors = new Numbers(partOf(words, 'descriptors'))
    this.reports = new Numbers(partOf(words, 'reports'))
    this.handedOver = new Numbers(partOf(words, 'handedOver'), 2)
    this.report = Buffer.from(memory, PART_START.report * WORD, WORDS.report * WORD)
  }
}

let list: List | undefined

// The main thread needs no list. When the main thread ends, the process ends, and the kernel closes everything.
function ownList(): List | undefined {
  if (isMainThread) return undefined
  list ??= new List()
  return list
}

/**
 * Opens a descriptor that this thread has to close, and lists the descriptor.
 *
 * @param open calls a native function, and calls no JavaScript function afterwards
 * @returns the result of `open`; a negative result does not enter the list
 */
export function openListed(open: () => number): number {
  const own = ownList()?.descriptors
  if (own === undefined) return open()
  const { words } = own
  const place = own.reserve()
  const fd = open()
  if (fd > 0) words[place] = fd
  if (fd > 0) own.keep(fd, place)
  else own.release(place)
  return fd
}

/**
 * Opens two descriptors that this thread has to close, and lists both.
 *
 * @param open calls a native function that fills `ends` and returns 0, and calls no JavaScript function afterwards
 */
export function openPairListed(ends: Int32Array, open: () => number): number {
  const own = ownList()?.descriptors
  if (own === undefined) return open()
  const { words } = own
  const [first, second] = [own.reserve(), own.reserve()]
  const result = open()
  if (result === 0) {
    words[first] = ends[0] as number
    words[second] = ends[1] as number
    own.keep(ends[0] as number, first)
    own.keep(ends[1] as number, second)
  } else {
    own.release(first)
    own.release(second)
  }
  return result
}

/** Closes a descriptor by a native function, and takes the descriptor off the list. */
export function closeListed<Rest extends readonly unknown[]>(
  fd: number,
  close: (fd: number, ...rest: Rest) => number,
  ...rest: Rest
): number {
  const own = list
  if (own === undefined) return close(fd, ...rest)
  const { descriptors, reports } = own
  const place = descriptors.placeOf(fd)
  const reportPlace = reports.placeOf(fd)
  descriptors.words[place] = 0
  reports.words[reportPlace] = 0
  const result = close(fd, ...rest)
  descriptors.drop(fd, place)
  reports.drop(fd, reportPlace)
  return result
}

/**
 * Passes a pipe or a socket to libuv, which closes the descriptor when the thread ends. During the handover the list
 * also has the file's inode, because another thread may close the descriptor only if its number still means this file.
 */
export function handOver<Owner>(fd: number, take: () => Owner): Owner {
  const own = list
  if (own === undefined) return take()
  const { descriptors, reports, handedOver } = own
  const place = descriptors.placeOf(fd)
  const reportPlace = reports.placeOf(fd)
  const between = handedOver.reserve()
  const inode = wordOf(fstatSync(fd).ino)
  handedOver.words[between + 1] = inode
  handedOver.words[between] = fd
  descriptors.words[place] = 0
  reports.words[reportPlace] = 0
  const owner = take()
  handedOver.words[between] = 0
  handedOver.release(between)
  descriptors.drop(fd, place)
  reports.drop(fd, reportPlace)
  return owner
}

/** The lower 32 bits of an inode number, as a list stores them. */
export const wordOf = (inode: number): number => Number(BigInt.asIntN(32, BigInt(inode)))

/**
 * Lists a descriptor of this thread as a report pipe, which may still contain the unread pid of a child.
 *
 * @param take calls a native function that takes the pipe from another list, and calls no JavaScript function
 *   afterwards
 * @returns whether the descriptor now belongs to this thread
 */
export function listReport(fd: number, take = () => true): boolean {
  const own = ownList()
  if (own === undefined) return take()
  const { descriptors, reports } = own
  const before = descriptors.placeOf(fd)
  const place = reports.reserve()
  const isOurs = take()
  if (isOurs) {
    reports.words[place] = fd
    descriptors.words[before] = 0
    reports.keep(fd, place)
    descriptors.drop(fd, before)
  } else reports.release(place)
  return isOurs
}

/**
 * The memory into which this thread reads reports; undefined on the main thread. The memory is part of the list, so a
 * pid is on the list as soon as the thread has read the report.
 */
export const reportMemory = (): Buffer | undefined => ownList()?.report

/**
 * Starts a child for which this thread has to wait, and lists the child.
 *
 * @param pid contains 0
 * @param spawn calls a native function that fills `pid` and returns 0, and calls no JavaScript function afterwards
 */
export function spawnListed(pid: Int32Array, spawn: () => number): number {
  const own = ownList()?.children
  if (own === undefined) return spawn()
  const { words } = own
  const place = own.reserve()
  const result = spawn()
  // If there is a child, the C library has written the child's pid, even if the native call lost its own result.
  const child = pid[0] as number
  if (child > 0) words[place] = child
  if (child > 0) own.keep(child, place)
  else own.release(place)
  return result
}

/** Lists a child whose pid this thread has read from a report pipe. */
export function listChild(pid: number): void {
  const own = ownList()
  if (own === undefined) return
  const { children, report } = own
  const place = children.reserve()
  children.words[place] = pid
  // Removes the pid from the report memory, because a later child may get the same pid.
  report[0] = 0
  children.keep(pid, place)
}

/**
 * Waits for a child, and takes the child off the list if the wait has reaped the child.
 *
 * @param wait calls wait4(2), and calls no JavaScript function afterwards
 */
export function waitListed(pid: number, wait: () => number): number {
  const own = list?.children
  if (own === undefined) return wait()
  const { words } = own
  const place = own.placeOf(pid)
  const waited = wait()
  if (waited === pid) words[place] = 0
  if (waited === pid) own.drop(pid, place)
  return waited
}
