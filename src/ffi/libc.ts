import { clearTimeout, setTimeout } from '../globals.ts'
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EINTR,
  F_ADD_SEALS,
  F_DUPFD_CLOEXEC,
  F_SETFL,
  F_SETPIPE_SZ,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLHUP,
  POLLIN,
  POLLPRI,
  POSIX_SPAWN_SETSIGDEF,
  POSIX_SPAWN_SETSIGMASK,
  RUSAGE_SIZE,
  SCHED_RESET_ON_FORK,
  SCHED_RR,
  SYS_pidfd_open,
  WNOHANG,
} from '../linux/constants.ts'
import { ErrnoError } from '../linux/errno.ts'
import { cFunctions } from './c-library.ts'
import { closeListed, openListed, openPairListed, spawnListed, waitListed } from './thread-list.ts'

const libc = cFunctions((declare) => {
  const bind = (name: string, ...parameters: string[]) => declare(name, 'int', parameters)
  return {
    close: bind('close', 'int'),
    memfd_create: bind('memfd_create', 'str', 'uint'),
    pipe2: bind('pipe2', 'void *', 'int'),
    eventfd: bind('eventfd', 'uint', 'int'),
    fcntl: bind('fcntl', 'int', 'int', 'int'),
    wait4: bind('wait4', 'int', 'void *', 'int', 'void *'),
    syscall: declare('syscall', 'long', ['long', 'int', 'uint']),
    kill: bind('kill', 'int', 'int'),
    poll: bind('poll', 'void *', 'uint64', 'int'),
    sched_setscheduler: bind('sched_setscheduler', 'int', 'int', 'void *'),
    sysinfo: bind('sysinfo', 'void *'),
    getxattr: declare('getxattr', 'int64', ['str', 'str', 'void *', 'uint64']),
    posix_spawn: bind('posix_spawn', 'void *', 'str', 'void *', 'void *', 'char **', 'char **'),
    posix_spawn_file_actions_init: bind('posix_spawn_file_actions_init', 'void *'),
    posix_spawn_file_actions_adddup2: bind(
      'posix_spawn_file_actions_adddup2',
      'void *',
      'int',
      'int',
    ),
    posix_spawn_file_actions_destroy: bind('posix_spawn_file_actions_destroy', 'void *'),
    posix_spawnattr_init: bind('posix_spawnattr_init', 'void *'),
    posix_spawnattr_setflags: bind('posix_spawnattr_setflags', 'void *', 'int16'),
    posix_spawnattr_setsigdefault: bind('posix_spawnattr_setsigdefault', 'void *', 'void *'),
    posix_spawnattr_setsigmask: bind('posix_spawnattr_setsigmask', 'void *', 'void *'),
  }
})

// Read errno before any other call.
function check(syscall: string, result: number, detail: string): number {
  if (result >= 0) return result
  throw new ErrnoError(syscall, libc().koffi.errno(), detail)
}

// posix_spawn(3) and its helpers return the error's number.
function checkReturned(syscall: string, errno: number, detail = ''): void {
  if (errno !== 0) throw new ErrnoError(syscall, errno, detail)
}

/**
 * Closes a descriptor that this module made, close(2). In a worker thread `fs.closeSync` would warn about a
 * descriptor that `fs` did not open.
 *
 * @throws {ErrnoError} EBADF when the descriptor is not open
 */
export function closeDescriptor(fd: number): void {
  check('close', closeListed(fd, libc().close), `${fd}`)
}

/**
 * Closes a descriptor in one of libuv's threads. The close of a file system's last descriptor takes as long as the
 * kernel needs to free the files.
 */
export async function closeInThread(fd: number): Promise<void> {
  await new Promise((resolve) => {
    closeListed(fd, libc().close.async, resolve)
  })
}

/**
 * Makes an anonymous file in memory, memfd_create(2). The descriptor is closed on exec.
 *
 * @param name shown in /proc/pid/fd, for debugging only
 * @param flags MFD_EXEC, MFD_NOEXEC_SEAL or 0
 * @throws {ErrnoError} EINVAL when the kernel does not know a flag; EACCES under vm.memfd_noexec = 2
 */
export function memfdCreate(name: string, flags: number): number {
  const { memfd_create } = libc()
  const fd = openListed(() => memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | flags))
  return aboveLaunchers(check('memfd_create', fd, JSON.stringify(name)))
}

/**
 * Adds seals such as F_SEAL_WRITE to a memfd, fcntl(2) with F_ADD_SEALS.
 *
 * @throws {ErrnoError}
 */
export function addSeals(fd: number, seals: number): void {
  check('fcntl', libc().fcntl(fd, F_ADD_SEALS, seals), `${fd}, F_ADD_SEALS`)
}

/**
 * The size of the machine's memory and swap together, in bytes, sysinfo(2). A container may show other figures in
 * /proc/meminfo.
 *
 * @throws {ErrnoError}
 */
export function machineMemoryBytes(): bigint {
  // struct sysinfo: u64 uptime, loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap; u16 procs,
  // pad; u64 totalhigh, freehigh; u32 mem_unit.
  const info = Buffer.alloc(112)
  check('sysinfo', libc().sysinfo(info), '')
  const [ram, swap] = [info.readBigUInt64LE(32), info.readBigUInt64LE(64)]
  return (ram + swap) * BigInt(info.readUInt32LE(104))
}

/** The launch program uses the descriptor numbers below this number. */
const FIRST_FREE_FD = 10

/**
 * Moves a descriptor on this thread's list (thread-list.ts) to a number that the launch program does not use.
 *
 * @throws {ErrnoError} EMFILE when the process has too many descriptors; `fd` is then closed
 */
export function aboveLaunchers(fd: number): number {
  if (fd >= FIRST_FREE_FD) return fd
  try {
    return duplicate(fd)
  } finally {
    closeDescriptor(fd)
  }
}

/**
 * Makes a pipe, pipe2(2). Both ends are closed on exec, and their numbers are 10 or higher.
 *
 * @param flags O_NONBLOCK or 0, for both ends
 * @throws {ErrnoError} EMFILE when the process has too many descriptors
 */
export function makePipe(flags: number): { readonly read: number; readonly write: number } {
  const ends = new Int32Array(2)
  const { pipe2 } = libc()
  check(
    'pipe2',
    openPairListed(ends, () => pipe2(ends, flags | O_CLOEXEC)),
    '',
  )
  const [read = -1, write = -1] = ends
  const higher = { read, write: aboveLaunchers(write) }
  try {
    return { ...higher, read: aboveLaunchers(read) }
  } catch (error) {
    closeDescriptor(higher.write)
    throw error
  }
}

/**
 * Makes a read or write of a descriptor fail with EAGAIN instead of waiting, fcntl(2) with F_SETFL. The setting belongs
 * to the open file description, so use this function only on a description that no program has received.
 *
 * @throws {ErrnoError} EBADF when the descriptor is not open
 */
export function setNonBlocking(fd: number): void {
  check('fcntl', libc().fcntl(fd, F_SETFL, O_NONBLOCK), `${fd}, F_SETFL, O_NONBLOCK`)
}

/**
 * Sets the capacity of a pipe in bytes, F_SETPIPE_SZ of fcntl(2). The pipe keeps its old capacity if the user has
 * reached the kernel's limit.
 */
export function setPipeSize(fd: number, bytes: number): void {
  libc().fcntl(fd, F_SETPIPE_SZ, bytes)
}

/**
 * Makes a counter that a process can wait for, eventfd(2). The counter starts at 0. Its descriptor does not block and
 * is closed on exec.
 *
 * @throws {ErrnoError} EMFILE when the process has too many descriptors
 */
export function makeCounter(): number {
  const { eventfd } = libc()
  const fd = openListed(() => eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
  return aboveLaunchers(check('eventfd', fd, '0'))
}

/**
 * Makes another descriptor of an open file, fcntl(2) with F_DUPFD_CLOEXEC. The new descriptor is closed on exec, and
 * its number is 10 or higher.
 *
 * @throws {ErrnoError} EMFILE when the process has too many descriptors
 */
export function duplicate(fd: number): number {
  const { fcntl } = libc()
  const made = openListed(() => fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD))
  return check('fcntl', made, `${fd}, F_DUPFD_CLOEXEC`)
}

// To the kernel, 0, -1 and numbers that wrap around to 0 or -1 mean groups of processes. The caller's own group is one
// of them.
function checkPid(pid: number): void {
  if (Number.isInteger(pid) && pid > 1 && pid <= 0x7fff_ffff) return
  throw new RangeError(`Expected a pid above 1, got ${pid}`)
}

/**
 * Sends a signal to one process, kill(2).
 *
 * @throws {RangeError} for a pid that means more than one process
 * @throws {ErrnoError} ESRCH when there is no such process
 */
export function killProcess(pid: number, signal: number): void {
  checkPid(pid)
  check('kill', libc().kill(pid, signal), `${pid}, ${signal}`)
}

/** The end of a process. */
export interface EndedProcess {
  /** The status of wait(2). */
  readonly status: number
  /** The struct rusage of the process and of all children that it waited for, getrusage(2). */
  readonly rusage: Uint8Array
}

/**
 * Waits for a child of this process, wait4(2).
 *
 * @throws {ErrnoError} ECHILD when this process has no child with that pid
 */
export function waitForProcess(pid: number): EndedProcess {
  const ended = wait(pid, 0)
  if (ended === undefined) throw new Error(`wait4(${pid}) returned without its child`)
  return ended
}

/**
 * Waits a short time for a child of this process.
 *
 * @param timeoutMs the longest wait; on a kernel without pidfd_open(2) the wait lasts until the child ends
 * @returns undefined when the child has not ended in that time
 * @throws {ErrnoError} ECHILD when this process has no such child
 */
export function waitShortly(pid: number, timeoutMs: number): EndedProcess | undefined {
  const ended = wait(pid, WNOHANG)
  if (ended !== undefined || timeoutMs === 0) return ended
  // Only newer C libraries have a wrapper for pidfd_open(2).
  const { syscall } = libc()
  const fd = openListed(() => Number(syscall(SYS_pidfd_open, pid, 0)))
  if (fd < 0) return wait(pid, 0)
  waitUntilReadable(fd, timeoutMs)
  closeDescriptor(fd)
  return wait(pid, WNOHANG)
}

function wait(pid: number, options: number): EndedProcess | undefined {
  checkPid(pid)
  const status = new Int32Array(1)
  const rusage = new Uint8Array(RUSAGE_SIZE)
  const { koffi, wait4 } = libc()
  let waited: number
  do waited = waitListed(pid, () => wait4(pid, status, options, rusage))
  while (waited < 0 && koffi.errno() === EINTR)
  check('wait4', waited, `${pid}`)
  return waited === 0 ? undefined : { status: status[0] ?? 0, rusage }
}

/**
 * Waits until a descriptor can be read or its other end is closed, poll(2).
 *
 * @param timeoutMs the longest wait
 * @returns whether there is something to read, including the end
 */
export function waitUntilReadable(fd: number, timeoutMs: number): boolean {
  return waitForInput(fd, timeoutMs).isReadable
}

/** Waits like `waitUntilReadable`, and also returns whether the pipe has lost its last writer (POLLHUP). */
export function waitForInput(
  fd: number,
  timeoutMs: number,
): { readonly isReadable: boolean; readonly isHungUp: boolean } {
  const polled = pollFor(fd, POLLIN)
  // Treat an error like a timeout, because the next read shows the cause.
  const isReadable = libc().poll(polled, 1, timeoutMs) > 0
  return { isReadable, isHungUp: isReadable && (((polled[1] ?? 0) >>> 16) & POLLHUP) !== 0 }
}

/** At most this many of libuv's four threads wait here, because other code needs threads too. */
const MOST_WAITS = 2

// Koffi keeps no reference to memory that another thread uses. These two sets keep the memory alive until the call
// ends.
const waits = new Set<Int32Array>()
const reads = new Set<Int32Array>()

/** The time in ms by which a wait may exceed its timeout, because the kernel must first wake the thread. */
const WAIT_LATE_MS = 5

/**
 * Waits, in one of libuv's threads, until no process can write to a pipe: poll(2), POLLHUP. This wait takes a third of
 * the time that a socket takes for the same purpose.
 *
 * @param timeoutMs the longest wait; the function does not wait at all while `MOST_WAITS` other waits run
 * @returns whether no process can write
 */
export const whenHungUp = (readEnd: number, timeoutMs: number): Promise<boolean> =>
  whenAny([readEnd], 0, timeoutMs)

/** Waits in the same way until at least one of the pipes has data or has lost its last writer. */
export const whenDataArrives = (readEnds: readonly number[], timeoutMs: number): Promise<boolean> =>
  whenAny(readEnds, POLLIN, timeoutMs)

async function whenAny(
  readEnds: readonly number[],
  events: number,
  timeoutMs: number,
): Promise<boolean> {
  if (waits.size >= MOST_WAITS) return false
  const polled = new Int32Array(readEnds.flatMap((fd) => [fd, events]))
  return new Promise((resolve) => {
    // Other work may occupy all threads. Until a thread is free, the number of a descriptor may become that of another
    // file. poll(2) ignores negative numbers, so the timer replaces the numbers by -1.
    const late = setTimeout(() => {
      polled.fill(-1)
      resolve(false)
    }, timeoutMs + WAIT_LATE_MS)
    libc().poll.async(polled, readEnds.length, timeoutMs, (_error: unknown, count: number) => {
      clearTimeout(late)
      waits.delete(polled)
      resolve(count > 0)
    })
    waits.add(polled)
  })
}

/**
 * Waits, in one of libuv's threads, until a descriptor can be read or its other end is closed: poll(2). The
 * descriptor must stay open until then.
 *
 * @param timeoutMs the longest wait
 * @returns whether there is something to read, including the end
 */
export async function whenReadable(fd: number, timeoutMs: number): Promise<boolean> {
  const polled = pollFor(fd, POLLIN)
  reads.add(polled)
  const count = await new Promise<number>((resolve) => {
    libc().poll.async(polled, 1, timeoutMs, (_error: unknown, ready: number) => resolve(ready))
  })
  reads.delete(polled)
  return count > 0
}

// One struct pollfd: fd, events and revents (poll(2)).
const pollFor = (fd: number, events: number): Int32Array => new Int32Array([fd, events])

const poll = (fd: number, events: number, timeoutMs: number): number =>
  libc().poll(pollFor(fd, events), 1, timeoutMs)

/**
 * Gives a thread of this process precedence over every program without real-time priority (sched(7)). Without the
 * permission for this priority, nothing changes. A nice value is not enough, because nice values count only among the
 * threads of one session.
 *
 * @param thread the thread's id in the kernel
 */
export function scheduleFirst(thread: number): void {
  const lowest = new Int32Array([1])
  libc().sched_setscheduler(thread, SCHED_RR | SCHED_RESET_ON_FORK, lowest)
}

/** The text of a file's extended attribute, getxattr(2); undefined if the file has no such attribute. */
export function readAttribute(path: string, name: string): string | undefined {
  const value = new Uint8Array(256)
  const length = Number(libc().getxattr(path, name, value, value.length))
  return length < 0 ? undefined : Buffer.from(value.subarray(0, length)).toString('utf8')
}

/** Whether a process can still read from a pipe. poll(2) reports POLLERR for a pipe without a reader. */
export function hasReader(writeEnd: number): boolean {
  return poll(writeEnd, 0, 0) === 0
}

/**
 * Whether a file such as /proc/self/mountinfo has changed, poll(2) with POLLPRI. The kernel reports each
 * change once (proc_pid_mounts(5)).
 */
export function hasNews(fd: number): boolean {
  return poll(fd, POLLPRI, 0) !== 0
}

// In glibc and in musl, posix_spawn_file_actions_t has 80 bytes, and posix_spawnattr_t has 336 bytes.
const SPAWN_STRUCT_SIZE = 512
// sigset_t is 128 bytes in glibc and musl.
const everySignal = new Uint8Array(128).fill(0xff)
let madeAttributes: Uint8Array | undefined

// The child starts with every signal blocked and at its default action.
function spawnAttributes(): Uint8Array {
  if (madeAttributes !== undefined) return madeAttributes
  const made = new Uint8Array(SPAWN_STRUCT_SIZE)
  const { posix_spawnattr_init, posix_spawnattr_setflags } = libc()
  checkReturned('posix_spawnattr_init', posix_spawnattr_init(made))
  const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
  checkReturned('posix_spawnattr_setflags', posix_spawnattr_setflags(made, flags))
  libc().posix_spawnattr_setsigdefault(made, everySignal)
  libc().posix_spawnattr_setsigmask(made, everySignal)
  madeAttributes = made
  return made
}

// ps(1) shows this name. The launch program itself reads none of its arguments.
const argv = ['gradebox', null]
const environment = [null]

/** The largest number of descriptor lists for which this module keeps the file actions. */
const MOST_ACTIONS = 16
const knownActions = new Map<string, Uint8Array>()

// Few different lists occur, because the kernel assigns the lowest free numbers to each run.
function fileActions(descriptors: readonly number[]): Uint8Array {
  const key = descriptors.join()
  const known = knownActions.get(key)
  if (known !== undefined) return known
  if (knownActions.size >= MOST_ACTIONS) {
    for (const actions of knownActions.values()) libc().posix_spawn_file_actions_destroy(actions)
    knownActions.clear()
  }
  const actions = makeFileActions(descriptors)
  knownActions.set(key, actions)
  return actions
}

function makeFileActions(descriptors: readonly number[]): Uint8Array {
  const actions = new Uint8Array(SPAWN_STRUCT_SIZE)
  checkReturned('posix_spawn_file_actions_init', libc().posix_spawn_file_actions_init(actions))
  try {
    descriptors.forEach((fd, number) => {
      const errno = libc().posix_spawn_file_actions_adddup2(actions, fd, number)
      checkReturned('posix_spawn_file_actions_adddup2', errno, `${fd}, ${number}`)
    })
    return actions
  } catch (error) {
    libc().posix_spawn_file_actions_destroy(actions)
    throw error
  }
}

/**
 * Starts a program with posix_spawn(3). The program has no environment, and every signal is blocked and at its default
 * action.
 *
 * @param descriptors the descriptors that the child gets as 0, 1, 2, …
 * @returns the pid of the child
 * @throws {ErrnoError} EAGAIN at a process limit, ENOENT, EACCES, ENOMEM
 */
export function spawn(path: string, descriptors: readonly number[]): number {
  const pid = new Int32Array(1)
  const actions = fileActions(descriptors)
  const { posix_spawn } = libc()
  const attributes = spawnAttributes()
  const errno = spawnListed(pid, () =>
    posix_spawn(pid, path, actions, attributes, argv, environment),
  )
  checkReturned('posix_spawn', errno, JSON.stringify(path))
  return pid[0] ?? 0
}
