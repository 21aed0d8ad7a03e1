import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeSync,
} from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { clockMs, setTimeout } from '../globals.ts'
import {
  F_ADD_SEALS,
  F_SEAL_SEAL,
  F_SETFL,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  O_NONBLOCK,
  WNOHANG,
} from '../linux/constants.ts'
import { parseStat } from '../linux/proc-stat.ts'
import { cFunctions } from './c-library.ts'
import { fileStatus } from './file-status.ts'

/*
 * A terminated worker thread runs no more JavaScript, so its open descriptors and ended children stay with
 * the process. Each worker thread therefore keeps a list of them in a memfd whose name contains the thread.
 * Another thread finds the list in /proc/self/fd, closes the descriptors and waits for the children. It does so
 * when it starts a run, and when a worker thread ends that it has made.
 * A thread removes an entry before it closes the descriptor, so a number on a list never belongs to another
 * file.
 */

const NAME = 'gradebox-thread-'
const LINK = new RegExp(`^/memfd:${NAME}(\\d+)-(\\d+)( |$)`)

const calls = cFunctions((declare) => ({
  memfd_create: declare('memfd_create', 'int', ['str', 'uint']),
  fcntl: declare('fcntl', 'int', ['int', 'int', 'int']),
  close: declare('close', 'int', ['int']),
  wait4: declare('wait4', 'int', ['int', 'void *', 'int', 'void *']),
}))

/**
 * Added to the number of a descriptor that is the report pipe of a launch program. Numbers of descriptors are much
 * smaller.
 */
const REPORT = 1 << 30

/**
 * A list of numbers in a memfd. A descriptor is stored plus one, and plus REPORT if it is a report pipe. A child is
 * stored as its negative pid, and 0 marks an empty place.
 */
class List {
  readonly #fd: number
  readonly #places = new Map<number, number>()
  readonly #free: number[] = []
  readonly #number = new Int32Array(1)

  constructor() {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? ''
    const name = `${NAME}${thread}-${startOf(thread)}`
    this.#fd = calls().memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)
    // The list contains its own descriptor. Other threads open the list for a moment, under numbers of their own, and a
    // thread that takes over must not close those.
    if (this.#fd >= 0) this.add(this.#fd + 1)
  }

  add(number: number): void {
    const place = this.#free.pop() ?? this.#places.size
    this.#places.set(number, place)
    this.#write(place, number)
  }

  remove(number: number): void {
    const place = this.#places.get(number)
    if (place === undefined) return
    this.#write(place, 0)
    this.#places.delete(number)
    this.#free.push(place)
  }

  #write(place: number, number: number): void {
    if (this.#fd < 0) return
    this.#number[0] = number
    writeSync(this.#fd, this.#number, 0, 4, place * 4)
  }
}

let list: List | undefined

// The main thread needs no list: it ends with the process, and the kernel then closes everything.
function ownList(): List | undefined {
  if (isMainThread) return undefined
  list ??= new List()
  return list
}

/** Notes a descriptor that this thread has to close, and returns it. */
export function noteDescriptor(fd: number): number {
  ownList()?.add(fd + 1)
  return fd
}

/** Notes that a descriptor of this thread is a report pipe, in which the pid of a child may still be unread. */
export function noteReport(fd: number): void {
  const own = ownList()
  own?.add(REPORT + fd + 1)
  own?.remove(fd + 1)
}

/**
 * Removes a descriptor from the list before this thread closes it, or because libuv now has it and closes it
 * with the thread.
 */
export function forgetDescriptor(fd: number): void {
  list?.remove(fd + 1)
  list?.remove(REPORT + fd + 1)
}

/** Notes a child for which this thread has to wait. */
export function noteChild(pid: number): void {
  ownList()?.add(-pid)
}

/** Removes a child from the list before this thread waits for it. */
export function forgetChild(pid: number): void {
  list?.remove(-pid)
}

/** The longest time in ms until this process notices that one thread ended and another started. */
const SWEEP_MS = 1000
/** How often this thread counts the process's threads at most, in ms: each count takes a system call. */
const COUNT_MS = 20
/** How often this thread looks for children of ended threads that are still being killed, in ms. */
const REAP_MS = 50

/** Finds the pid of a launch program's second child in the first bytes of its report. */
type PidIn = (report: Buffer) => number | undefined

const orphans = new Set<number>()
/** Report pipes of ended threads that had nothing in them yet. */
const reports = new Set<number>()
let countedAtMs = Number.NEGATIVE_INFINITY
let swept = { threads: 0, atMs: Number.NEGATIVE_INFINITY }
let isWaiting = false

/**
 * Closes the descriptors that ended threads of this process left open, and waits for their children, which
 * the kernel killed.
 */
export function sweepEndedThreads(pidIn: PidIn): void {
  const atMs = clockMs()
  if (atMs - countedAtMs < COUNT_MS) return
  countedAtMs = atMs
  const threads = fileStatus('/proc/self/task')?.links ?? 0
  if (threads === swept.threads && atMs - swept.atMs < SWEEP_MS) return
  swept = { threads, atMs }
  takeOverAll(pidIn)
}

/**
 * Does the same each time that a worker thread ends, for the workers that this thread makes from now on.
 *
 * @param then called when the kernel no longer lists the thread
 */
export function sweepWhenWorkersEnd(pidIn: PidIn, then: () => void): void {
  process.on('worker', (worker) => {
    worker.once('exit', () => {
      takeOverAll(pidIn)
      // The kernel may list the thread a moment longer than Node does.
      setTimeout(() => {
        takeOverAll(pidIn)
        then()
      }, REAP_MS).unref()
    })
  })
}

function takeOverAll(pidIn: PidIn): void {
  for (const name of readdirSync('/proc/self/fd')) {
    if (isOfEndedThread(name)) takeOver(name)
  }
  settle(pidIn)
}

function isOfEndedThread(fd: string): boolean {
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

function takeOver(name: string): void {
  let fd: number
  try {
    // A new descriptor, because another thread may close this one and reuse its number at any time.
    fd = openSync(`/proc/self/fd/${name}`, 'r+')
  } catch {
    return
  }
  try {
    // The kernel accepts a seal once, so the thread that sets the seal owns the list.
    if (!isOfEndedThread(String(fd)) || calls().fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) < 0) return
    const bytes = readFileSync(`/proc/self/fd/${fd}`)
    const numbers = new Int32Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    )
    for (const number of numbers) {
      if (number > REPORT) adoptReport(number - REPORT - 1)
      else if (number > 0) calls().close(number - 1)
      if (number < -1) adopt(-number)
    }
  } finally {
    closeSync(fd)
  }
}

function adopt(pid: number): void {
  orphans.add(pid)
  noteChild(pid)
}

function adoptReport(fd: number): void {
  // The thread may have ended before it made the pipe non-blocking.
  calls().fcntl(fd, F_SETFL, O_NONBLOCK)
  reports.add(fd)
  noteReport(fd)
}

// A process that the kernel has not ended yet stays on the list for the next call.
function settle(pidIn: PidIn): void {
  for (const fd of reports) readReport(fd, pidIn)
  for (const pid of orphans) {
    forgetChild(pid)
    if (calls().wait4(pid, null, WNOHANG, null) === 0) noteChild(pid)
    else orphans.delete(pid)
  }
  if (orphans.size + reports.size === 0 || isWaiting) return
  isWaiting = true
  const again = () => {
    isWaiting = false
    settle(pidIn)
  }
  setTimeout(again, REAP_MS).unref()
}

const head = Buffer.alloc(64)

// An empty pipe that has not ended still has a writer, which dies with the thread that started it.
function readReport(fd: number, pidIn: PidIn): void {
  let length = 0
  try {
    length = readSync(fd, head)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return
  }
  const pid = pidIn(head.subarray(0, length))
  if (pid !== undefined) adopt(pid)
  reports.delete(fd)
  forgetDescriptor(fd)
  calls().close(fd)
}
