import { SandboxError } from '../../errors/sandbox-error.ts'
import { clockMs, machineClockNs, pause } from '../../globals.ts'
import { ErrnoError } from '../../linux/errno.ts'
import { formatDuration } from '../../units/duration.ts'
import { ownCallError } from '../own-call-error.ts'
import { describeHolders } from './holders.ts'
import { allowedProcessors, leastUsedProcessors, noteUse } from './processors.ts'
import { TurnsFile } from './turns-file.ts'

/** The first and the longest interval at which a waiting run checks for its turn, in milliseconds. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [1, 16]
/** The longest time that a run waits for its turn before it fails, in milliseconds. */
const LONGEST_WAIT_MS = 600_000

export interface TurnRequest {
  /** Whether no other run of this user may be active meanwhile, in any process. */
  readonly exclusive: boolean
  /** The number of processors that the run uses. The run gets at most all processors that this process may use. */
  readonly processors: number
  /**
   * Whether the run locks its processors against other runs. False when the caller sets `concurrency`, because the
   * caller then decides the number of runs.
   */
  readonly holds: boolean
  /** Whether the caller no longer needs the turn. */
  readonly cancelled: () => boolean
  /** @default LONGEST_WAIT_MS */
  readonly longestWaitMs?: number
}

/** A run's turn: the run may use these processors until it calls `release`. */
export interface Turn {
  readonly processors: readonly number[]
  readonly release: () => void
}

/**
 * Waits for a run's turn among all runs of this user: first come, first served. If no turns file can be opened, the
 * turn comes at once, unless the run is exclusive.
 *
 * @throws {SandboxError} SETUP_FAILED when the turn does not come, with the names of the processes that have locked the
 *   processors; SETUP_FAILED also when an exclusive run is not possible
 */
export async function takeTurn(request: TurnRequest): Promise<Turn> {
  const file = openFile(request)
  if (file === undefined) return turnWithout(request)
  try {
    const processors = await new Waiting(file, request).wait()
    const used = noteUse(processors)
    const release = () => {
      used()
      file.close()
    }
    return { processors, release: once(release) }
  } catch (error) {
    file.close()
    if (!(error instanceof ErrnoError)) throw error
    if (request.exclusive || error.code !== 'EINVAL') throw turnError(error)
    // This kernel (gVisor) has no locks of open file descriptions.
    return turnWithout(request)
  }
}

/** Whether an exclusive run is active, in any process of this user. */
export function isAnyRunAlone(): boolean {
  try {
    const file = TurnsFile.open()
    if (!(file instanceof TurnsFile)) return false
    try {
      return file.isGateClosed()
    } finally {
      file.close()
    }
  } catch {
    // Locks do not work here, so no run can be exclusive.
    return false
  }
}

/**
 * The time in milliseconds for which a description stays valid. Hundreds of runs may need a description at once. To
 * make a description, this process reads files of every process.
 */
const DESCRIPTION_MS = 1000

let described: { readonly at: number; readonly text: string } | undefined

/**
 * Describes, for a waiting run, the processes that have locked the processors and the gate: `processor 0 is held by
 * process 12 (node vitest)`.
 */
export function describeTurns(): string {
  if (described === undefined || clockMs() - described.at > DESCRIPTION_MS) {
    described = { at: clockMs(), text: describeNow() }
  }
  return described.text
}

function describeNow(): string {
  const file = TurnsFile.open()
  if (!(file instanceof TurnsFile)) return 'no other run is known'
  try {
    return describeHolders(file.inode)
  } finally {
    file.close()
  }
}

function openFile({ exclusive }: TurnRequest): TurnsFile | undefined {
  let opened: ReturnType<typeof TurnsFile.open>
  try {
    opened = TurnsFile.open()
  } catch (error) {
    const { code = 'EIO', syscall = 'open' } = error as NodeJS.ErrnoException
    throw turnError(Object.assign(new ErrnoError(syscall, 0), { code }))
  }
  if (opened instanceof TurnsFile) return opened
  if (!exclusive) return undefined
  throw new SandboxError(`An exclusive run is not possible here: ${opened.reason}`, {
    code: 'SETUP_FAILED',
    hint: 'Remove the file, or make one of these places writable for you, or leave `exclusive` out.',
  })
}

function turnWithout({ processors }: TurnRequest): Turn {
  const own = leastUsedProcessors().slice(0, processors)
  return { processors: own, release: once(noteUse(own)) }
}

const turnError = (cause: ErrnoError): SandboxError =>
  ownCallError(`The program got no turn on this machine: ${cause.message}`, cause)

function once(release: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) release()
    isDone = true
  }
}

/** One run in the queue. */
class Waiting {
  readonly #file: TurnsFile
  readonly #request: TurnRequest
  readonly #held: number[] = []
  #ticket: bigint | undefined

  constructor(file: TurnsFile, request: TurnRequest) {
    this.#file = file
    this.#request = request
  }

  /** Waits for the turn and returns its processors. A cancelled turn may have fewer processors. */
  async wait(): Promise<readonly number[]> {
    const { cancelled, longestWaitMs = LONGEST_WAIT_MS } = this.#request
    const start = clockMs()
    for (let wait = FIRST_PAUSE_MS; !this.#isReady(); wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      if (cancelled()) break
      const waited = clockMs() - start
      if (waited >= longestWaitMs) throw this.#lateError(waited)
      await pause(wait)
    }
    if (this.#ticket !== undefined) this.#file.leavePlace(this.#ticket)
    const { holds, exclusive, processors } = this.#request
    return holds && !exclusive ? this.#held : leastUsedProcessors().slice(0, processors)
  }

  #isReady(): boolean {
    const { exclusive, holds } = this.#request
    const file = this.#file
    if (!exclusive && !holds) {
      // This run locks no processor, so it waits only for exclusive runs.
      this.#ticket ??= ticketNow()
      return !file.waitsBefore(this.#ticket, { exclusiveOnly: true }) && file.takeGate()
    }
    if (this.#ticket === undefined) {
      const now = ticketNow()
      if (!exclusive && !file.waitsBefore(now) && this.#takeProcessors()) return true
      // Unlocks the processors again, because only the first run in the queue may hold processors while it waits for
      // more.
      for (const processor of this.#held.splice(0)) file.giveProcessor(processor)
      this.#ticket = file.takePlace(now, exclusive)
    }
    if (file.waitsBefore(this.#ticket)) return false
    return exclusive ? file.takeAll() : this.#takeProcessors()
  }

  #takeProcessors(): boolean {
    const wanted = Math.min(this.#request.processors, allowedProcessors().length)
    for (const processor of leastUsedProcessors()) {
      if (this.#held.length >= wanted) break
      if (this.#held.includes(processor)) continue
      if (this.#file.takeProcessor(processor)) this.#held.push(processor)
    }
    return this.#held.length >= wanted
  }

  #lateError(waitedMs: number): SandboxError {
    const what = this.#request.exclusive ? 'alone' : 'with a processor of its own'
    return new SandboxError(
      `The program waited ${formatDuration(waitedMs)} for its turn to run ${what}, and was not started: ${describeHolders(this.#file.inode)}`,
      {
        code: 'SETUP_FAILED',
        hint: 'Wait until those processes end, or end them. With the option `concurrency` a run does not wait for other test runners.',
      },
    )
  }
}

const ticketNow = (): bigint => machineClockNs() / 1000n
