import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileStatus } from '../../ffi/file-status.ts'
import { isRangeTaken, type LockRange, lockRange, unlockRange } from '../../ffi/range-lock.ts'

/*
 * All processes of a user together decide how many sandboxes run at once. A test runner has several workers, and there
 * may be several test runners. All these processes share one empty file and lock bytes of this file. A byte stands for
 * a processor, for the gate, or for a place in the queue. The kernel releases the locks of a process when the process
 * ends, even after a crash. Only the user can open the file, because everybody who can open a file can lock it and
 * block all runs.
 */

const NAME = 'gradebox-turns'

/**
 * The lock of exclusive runs: an exclusive run takes a write lock, and runs without processor locks take read locks.
 */
const GATE: LockRange = { start: 0n, length: 1n }
/** The kernel has at most 8192 processors (CONFIG_NR_CPUS). */
const PROCESSORS: LockRange = { start: 1n, length: 8192n }
/**
 * The places in the queue. Each microsecond of the machine's clock is a place, so the order of the places is the order
 * of arrival.
 */
const QUEUE = 1n << 60n
/** The places of exclusive runs only. A run without processor locks waits only for exclusive runs. */
const EXCLUSIVE_QUEUE = 1n << 61n

/** All bytes, whatever the size of the file: `l_len` 0 of fcntl(2). */
const EVERYTHING: LockRange = { start: 0n, length: 0n }

const processorRange = (processor: number): LockRange => ({
  start: PROCESSORS.start + BigInt(processor),
  length: 1n,
})

const place = (queue: bigint, ticket: bigint): LockRange => ({ start: queue + ticket, length: 1n })
const before = (queue: bigint, ticket: bigint): LockRange => ({ start: queue, length: ticket })

/** The turns file, opened for one run. When the run closes the file, the kernel releases the run's locks. */
export class TurnsFile {
  readonly path: string
  readonly #fd: number
  readonly #identity: string
  #isOpen = true

  private constructor({ path, fd, identity }: Opened) {
    this.path = path
    this.#fd = fd
    this.#identity = identity
  }

  /**
   * Opens the user's file, in the first usable place.
   *
   * @throws {NodeJS.ErrnoException} EMFILE or ENFILE
   */
  static open(): TurnsFile | NoTurnsFile {
    const reasons: string[] = []
    for (const candidate of candidates()) {
      const kept = takeSpare(candidate.path)
      if (kept !== undefined) return new TurnsFile(kept)
      const fd = openOwn(candidate)
      if (typeof fd === 'number') {
        const identity = identityOf(`/proc/self/fd/${fd}`)
        return new TurnsFile({ path: candidate.path, fd, identity })
      }
      reasons.push(fd)
    }
    return { reason: reasons.join('; ') }
  }

  /** The inode number, to find the other holders of locks in /proc/PID/fdinfo. */
  get inode(): bigint {
    return fstatSync(this.#fd, { bigint: true }).ino
  }

  /** @returns whether this run has the lock of the processor now */
  takeProcessor(processor: number): boolean {
    return lockRange(this.#fd, 'write', processorRange(processor))
  }

  giveProcessor(processor: number): void {
    unlockRange(this.#fd, processorRange(processor))
  }

  /** Takes every processor and the gate, if no run has a lock on one of them. */
  takeAll(): boolean {
    return lockRange(this.#fd, 'write', { start: 0n, length: GATE.length + PROCESSORS.length })
  }

  /** Takes a read lock on the gate, unless an exclusive run has locked it. */
  takeGate(): boolean {
    return lockRange(this.#fd, 'read', GATE)
  }

  /** Whether an exclusive run is active. */
  isGateClosed(): boolean {
    return isRangeTaken(this.#fd, 'read', GATE)
  }

  /** Takes the ticket's place in the queue, or the next free place if another run has that place. */
  takePlace(ticket: bigint, isExclusive: boolean): bigint {
    let own = ticket
    while (!lockRange(this.#fd, 'write', place(QUEUE, own))) own++
    if (isExclusive) lockRange(this.#fd, 'write', place(EXCLUSIVE_QUEUE, own))
    return own
  }

  /** Whether an earlier run waits. With `exclusiveOnly`, only exclusive runs count. */
  waitsBefore(ticket: bigint, { exclusiveOnly = false } = {}): boolean {
    return isRangeTaken(this.#fd, 'read', before(exclusiveOnly ? EXCLUSIVE_QUEUE : QUEUE, ticket))
  }

  leavePlace(ticket: bigint): void {
    unlockRange(this.#fd, place(QUEUE, ticket))
    unlockRange(this.#fd, place(EXCLUSIVE_QUEUE, ticket))
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (spare !== undefined || !this.#isUnlocked()) closeSync(this.#fd)
    else spare = { path: this.path, fd: this.#fd, identity: this.#identity }
  }

  // Returns false on a kernel without locks of open file descriptions.
  #isUnlocked(): boolean {
    try {
      unlockRange(this.#fd, EVERYTHING)
      return true
    } catch {
      return false
    }
  }
}

/**
 * A turns file without locks. The thread keeps this file open, because opening a file takes a tenth of a millisecond.
 */
let spare: Opened | undefined

interface Opened {
  readonly path: string
  readonly fd: number
  /** The identity of the file, because the path may lead to another file later. */
  readonly identity: string
}

const identityOf = (path: string): string => fileStatus(path)?.identity ?? ''

/** Takes the descriptor that was kept for a path, unless another file is at this path now. */
function takeSpare(path: string): Opened | undefined {
  if (spare?.path !== path) return undefined
  const kept = spare
  spare = undefined
  if (identityOf(path) === kept.identity) return kept
  closeSync(kept.fd)
  return undefined
}

/** The reason why the file cannot be opened in any place. */
export interface NoTurnsFile {
  readonly reason: string
}

/** Describes in words the lock that starts at a byte. */
export function describeRange(start: bigint): string | undefined {
  if (start === GATE.start) return 'the gate'
  const processor = start - PROCESSORS.start
  return processor < PROCESSORS.length ? `processor ${processor}` : undefined
}

/** A place for the file, and whether only this user can make a file there. */
interface Candidate {
  readonly path: string
  readonly isPrivate: boolean
}

let known: { readonly uid: number; readonly candidates: readonly Candidate[] } | undefined

/** The places for the file, best first. Every process of a user has the same list. */
function candidates(): readonly Candidate[] {
  const uid = process.geteuid?.() ?? 0
  if (known?.uid === uid) return known.candidates
  const runtime = uid === 0 ? '/run' : `/run/user/${uid}`
  const isOwn = statSync(runtime, { throwIfNoEntry: false })?.uid === uid
  known = {
    uid,
    candidates: [
      ...(isOwn ? [{ path: join(runtime, NAME), isPrivate: true }] : []),
      { path: `/tmp/${NAME}-${uid}`, isPrivate: false },
      { path: join(homedir(), `.${NAME}`), isPrivate: true },
    ],
  }
  return known.candidates
}

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
const ONLY_ITS_OWNER = 0o600

// Uses `fs`, because Node then closes the descriptor when the worker thread is terminated.
function openOwn({ path, isPrivate }: Candidate): number | string {
  let fd: number
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, ONLY_ITS_OWNER)
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException
    if (code === 'EMFILE' || code === 'ENFILE') throw error
    return `${path} cannot be opened: ${code}`
  }
  if (isPrivate) return fd
  // Another user may have made a file with this name first. That user could lock the file and block all runs of this
  // user.
  const { uid, mode } = fstatSync(fd)
  if (uid === known?.uid && (mode & 0o077) === 0) return fd
  closeSync(fd)
  return `${path} belongs to user ${uid} with mode ${(mode & 0o777).toString(8)}: others can lock it`
}
