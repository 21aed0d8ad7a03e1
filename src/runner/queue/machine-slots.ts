import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { SandboxError } from '../../errors/sandbox-error.ts'
import { closeDescriptor, openLocked } from '../../ffi/libc.ts'
import { LOCK_EX, LOCK_SH } from '../../linux/constants.ts'
import type { ErrnoError } from '../../linux/errno.ts'
import { ownCallError } from '../own-call-error.ts'

/*
 * How many sandboxes run at once is the machine's affair, not one process's: a test runner has several
 * workers, and there may be several test runners. Each run therefore holds a lock of one of the machine's
 * processors while it runs: flock(2) on that processor's directory in /sys, which is everywhere, the same
 * for everybody, and needs nobody to make or remove it. A process that dies gives its locks back.
 */

const CPUS = '/sys/devices/system/cpu'
/** Held by runs that take no processor, and by an exclusive one alone. */
const GATE = `${CPUS}/possible`
/** Passed on the way to the gate: who waits there for it alone lets nobody else by. */
const TURNSTILE = `${CPUS}/online`

/** How often a lock that another has is tried again: first, and at the longest, in milliseconds. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [1, 16]

export interface SlotRequest {
  /** Whether nothing else may run meanwhile, in any process of this machine. */
  readonly exclusive: boolean
  /** Whether a processor is taken; who set `concurrency` has decided that for himself. */
  readonly slot: boolean
  /** Whether it is not wanted any more. */
  readonly cancelled: () => boolean
}

/** Gives what was acquired back. */
export type Release = () => void

/**
 * Waits until a run may start. On a machine without /sys it may at once, unless it wants to be alone.
 *
 * @throws {SandboxError} SETUP_FAILED for an exclusive run that cannot be had, or where no file can be opened
 */
export async function acquireSlot(request: SlotRequest): Promise<Release> {
  const held = new Locks()
  try {
    await acquire(held, request)
    return () => held.releaseAll()
  } catch (error) {
    held.releaseAll()
    if (request.exclusive || !isMissing(error)) throw slotError(error as ErrnoError)
    return () => {}
  }
}

async function acquire(held: Locks, request: SlotRequest): Promise<void> {
  if (request.slot && !request.exclusive) {
    await held.wait(processors(), LOCK_EX, request)
    return
  }
  const operation = request.exclusive ? LOCK_EX : LOCK_SH
  const turnstile = await held.wait([TURNSTILE], operation, request)
  await held.wait([GATE], operation, request)
  held.release(turnstile)
  if (!request.exclusive) return
  // In their order, so that two who want them all do not wait for each other.
  for (const processor of processors()) await held.wait([processor], LOCK_EX, request)
}

/** Whether an exclusive run goes on, in whatever process. */
export function isAnyRunAlone(): boolean {
  try {
    const fd = openLocked(GATE, LOCK_SH)
    if (fd !== undefined) closeDescriptor(fd)
    return fd === undefined
  } catch {
    // Then nobody can be alone.
    return false
  }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')

const slotError = (cause: ErrnoError): SandboxError =>
  ownCallError(`The program's turn on this machine could not be had: ${cause.message}`, cause)

class Locks {
  readonly #held = new Set<number>()

  /** Locks one of the files, whichever is free first. */
  async wait(
    paths: readonly string[],
    operation: number,
    { cancelled }: SlotRequest,
  ): Promise<number | undefined> {
    for (let pause = FIRST_PAUSE_MS; !cancelled(); pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const fd = lockOne(paths, operation)
      if (fd !== undefined) {
        this.#held.add(fd)
        return fd
      }
      await setTimeout(pause)
    }
    return undefined
  }

  release(fd: number | undefined): void {
    if (fd !== undefined && this.#held.delete(fd)) closeDescriptor(fd)
  }

  releaseAll(): void {
    for (const fd of this.#held) this.release(fd)
  }
}

function lockOne(paths: readonly string[], operation: number): number | undefined {
  for (const path of paths) {
    const fd = openLocked(path, operation)
    if (fd !== undefined) return fd
  }
  return undefined
}

let known: string[] | undefined

/** The directories of the processors that this process may use, from proc_pid_status(5). */
function processors(): string[] {
  known ??= parseCpuList(
    /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0',
  ).map((number) => `${CPUS}/cpu${number}`)
  return known
}

/** A list of processors as the kernel writes it: `0-2,5` (cpuset(7), "List format"). */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
