import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { clockMs, setTimeout } from '../globals.ts'
import { F_SETFL, O_NONBLOCK, O_RDWR, WNOHANG } from '../linux/constants.ts'
import { cFunctions } from './c-library.ts'
import { fileStatus } from './file-status.ts'
import { lockRange } from './range-lock.ts'
import {
  closeListed,
  isListOfEndedThread,
  LIST_BYTES,
  listChild,
  listReport,
  PART_START,
  partOf,
  placesOf,
  reportMemory,
  waitListed,
  wordOf,
} from './thread-list.ts'

/*
 * A worker thread may end while its list (`thread-list.ts`) has open descriptors and children. Another thread then
 * takes the list over: it closes the descriptors and reaps the children. A thread takes lists over when it starts a
 * run, and when one of its own worker threads ends.
 *
 * A thread may be terminated during the takeover. The kernel then releases the lock of the list. A thread handles and
 * empties an entry in one step, so the next thread continues at the right entry.
 */

const calls = cFunctions((declare) => ({
  fcntl: declare('fcntl', 'int', ['int', 'int', 'int']),
  close: declare('close', 'int', ['int']),
  munmap: declare('munmap', 'int', ['uint64', 'uint64']),
  pwrite: declare('pwrite', 'int64', ['int', 'void *', 'uint64', 'int64']),
  wait4: declare('wait4', 'int', ['int', 'void *', 'int', 'void *']),
}))

/** The longest time in ms until this process notices an ended thread if the number of threads stays the same. */
const SWEEP_MS = 1000
/** The shortest time in ms between two counts of the process's threads, because each count takes a system call. */
const COUNT_MS = 20
/** The interval in ms at which this thread checks for children of ended threads that the kernel is still killing. */
const REAP_MS = 50
/** The number of bytes at the start of a report that contain the pid. */
const HEAD_SIZE = 64

const WHOLE_LIST = { start: 0n, length: 0n }

/** Finds the pid of a launch program's second child in the first bytes of the program's report. */
type PidIn = (report: Buffer) => number | undefined

const orphans = new Set<number>()
/** Report pipes of ended threads that were still empty. */
const reports = new Set<number>()
let countedAtMs = Number.NEGATIVE_INFINITY
let swept = { threads: 0, atMs: Number.NEGATIVE_INFINITY }
let isWaiting = false

/**
 * Closes the descriptors that ended threads of this process left open, and reaps the threads' children, which the
 * kernel has killed.
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
 * Takes over the list of a worker thread when that worker thread ends. This applies to each worker thread that this
 * thread makes from now on.
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
    if (isListOfEndedThread(name)) takeOver(name, pidIn)
  }
  settle(pidIn)
}

function takeOver(name: string, pidIn: PidIn): void {
  let fd: number
  try {
    // The lock belongs to this new open file description. O_NONBLOCK marks the descriptor as a copy.
    fd = openSync(`/proc/self/fd/${name}`, O_RDWR | O_NONBLOCK)
  } catch {
    return
  }
  try {
    if (!isListOfEndedThread(String(fd)) || !lockRange(fd, 'write', WHOLE_LIST)) return
    // Only a thread with this lock closes the ended thread's descriptor of the list, so `name` still means that
    // descriptor.
    if (isThreadsOwn(name, fd)) takeOverLocked(fd, Number(name), pidIn)
  } finally {
    closeSync(fd)
  }
}

/** Whether a descriptor is the original with which a thread made a list, and not another thread's copy. */
function isThreadsOwn(name: string, list: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'))
    const isCopy = (Number.parseInt(flags?.[1] ?? '0', 8) & O_NONBLOCK) !== 0
    const [one, other] = [fstatSync(Number(name)), fstatSync(list)]
    return !isCopy && one.ino === other.ino && one.dev === other.dev
  } catch {
    return false
  }
}

function takeOverLocked(fd: number, own: number, pidIn: PidIn): void {
  const bytes = new Uint8Array(LIST_BYTES)
  readSync(fd, bytes, 0, LIST_BYTES, 0)
  const list = new Int32Array(bytes.buffer)
  const unread = pidIn(Buffer.from(partOf(list, 'report').slice().buffer))
  for (const pid of [...partOf(list, 'children'), unread ?? 0]) if (pid > 1) adopt(pid)
  for (const [place, report] of placesOf(list, 'reports')) adoptReport(report, { fd, place })
  for (const [place, descriptor] of placesOf(list, 'descriptors')) {
    closeEntry(descriptor, { fd, place })
  }
  for (const [place, descriptor] of placesOf(list, 'handedOver', 2)) {
    if (hasInode(descriptor, list[place + 1])) closeEntry(descriptor, { fd, place })
  }
  unmapEntry(list, { fd, place: PART_START.address })
  calls().close(own)
}

/** An entry of another thread's list: the list's descriptor, and the entry's index. */
interface Entry {
  readonly fd: number
  readonly place: number
}

const EMPTY = new Int32Array(2)
const WORD = EMPTY.BYTES_PER_ELEMENT

// This is straight-line code, as in thread-list.ts. The thread therefore empties an entry if and only if it closes the
// descriptor.
function closeEntry(descriptor: number, { fd, place }: Entry): void {
  const { close, pwrite } = calls()
  if (Number(pwrite(fd, EMPTY, WORD, place * WORD)) === WORD) close(descriptor)
}

function unmapEntry(list: Int32Array, { fd, place }: Entry): void {
  const { munmap, pwrite } = calls()
  const [address] = new BigUint64Array(list.buffer, place * WORD, 1)
  if (address === 0n) return
  if (Number(pwrite(fd, EMPTY, 2 * WORD, place * WORD)) === 2 * WORD) munmap(address, LIST_BYTES)
}

function hasInode(descriptor: number, inode: number | undefined): boolean {
  try {
    return wordOf(fstatSync(descriptor).ino) === inode
  } catch {
    return false
  }
}

function adopt(pid: number): void {
  if (orphans.has(pid)) return
  listChild(pid)
  orphans.add(pid)
}

function adoptReport(report: number, { fd, place }: Entry): void {
  // The ended thread may not have made the pipe non-blocking yet.
  calls().fcntl(report, F_SETFL, O_NONBLOCK)
  const { pwrite } = calls()
  const isOurs = listReport(report, () => Number(pwrite(fd, EMPTY, WORD, place * WORD)) === WORD)
  if (isOurs) reports.add(report)
}

// A process that the kernel has not ended yet stays on the list for the next call.
function settle(pidIn: PidIn): void {
  for (const fd of reports) readReport(fd, pidIn)
  const { wait4 } = calls()
  for (const pid of orphans) {
    if (waitListed(pid, () => wait4(pid, null, WNOHANG, null)) !== 0) orphans.delete(pid)
  }
  if (orphans.size + reports.size === 0 || isWaiting) return
  isWaiting = true
  const again = () => {
    isWaiting = false
    settle(pidIn)
  }
  setTimeout(again, REAP_MS).unref()
}

let head: Buffer | undefined

// If a pipe is empty and not at its end, a process can still write to the pipe. The kernel kills this process together
// with the thread that started the process.
function readReport(fd: number, pidIn: PidIn): void {
  head ??= reportMemory() ?? Buffer.alloc(HEAD_SIZE)
  let length = 0
  try {
    length = readSync(fd, head, 0, HEAD_SIZE, null)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return
  }
  const pid = pidIn(head.subarray(0, length))
  if (pid !== undefined) adopt(pid)
  reports.delete(fd)
  closeListed(fd, calls().close)
}
