import { isMainThread } from 'node:worker_threads'
import {
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from '../../globals.ts'
import { countActiveRuns, registerPool } from '../active.ts'
import { MOST_WAITING } from '../options/defaults.ts'
import { isAnyRunAlone } from '../queue/machine-turns.ts'
import { identityOf, MountWatch } from './host-state.ts'
import { isSameShape, type PoolShape, Ready } from './ready.ts'
import { Shelf } from './shelf.ts'

/** The time in ms after the last run at which the process ends its waiting launch programs. */
const IDLE_MS = 1000
/** The time in ms after the last run's end at which a burst of runs counts as over. */
const REST_MS = 2
/** The interval in ms at which an idle pool checks whether an exclusive run of another process has ended. */
const ALONE_MS = 50

/**
 * Launch programs that have built their roots, or are about to, and wait for a request; each serves one run.
 * Most of them start when they slow no run down: after all runs have ended.
 */
export class Pool {
  /** In the order of their last use. */
  readonly #shelves: Shelf[] = []
  readonly #mounts = new MountWatch()
  /** Discarded launch programs that may still exist. */
  readonly #ending = new Set<Promise<void>>()
  #filling = false
  #rest: NodeJS.Timeout | undefined
  #alone: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  #unregister = () => {}

  /** The number of waiting launch programs. */
  get size(): number {
    return this.#shelves.reduce((sum, { waiting }) => sum + waiting.length, 0)
  }

  /**
   * Takes a waiting launch program, if the host has not changed since it started.
   *
   * @returns undefined when none waits
   */
  take(shape: PoolShape): Ready | undefined {
    if (this.#mounts.hasChanged()) this.#endAll()
    const waiting = this.#shelves.find((shelf) => isSameShape(shelf.shape, shape))?.waiting
    if (waiting === undefined || waiting.length === 0) return undefined
    const sources = identityOf(shape.sources)
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (next.isCurrent(sources)) return next
      this.#end(next)
    }
    return undefined
  }

  /**
   * Notes that a run of a shape has started, and makes launch programs wait for those that follow.
   *
   * @param most how many of this shape may wait
   * @returns a function to call when the run has ended
   */
  started(shape: PoolShape, most: number): () => void {
    const shelf = this.#shelfOf(shape)
    shelf.started(most)
    this.#touch()
    // Enough wait for the next run, so the refill can wait until this one has ended.
    if (shelf.waiting.length === 0) this.#fillSoon()
    return () => {
      // The ending run still counts as active.
      shelf.ended({ othersGoOn: countActiveRuns() > 1 })
      this.#touch()
      if (shelf.lacksSome) this.#fillSoon()
    }
  }

  /** Ends all waiting launch programs; settles when their processes have ended. */
  async drain(): Promise<void> {
    clearTimeout(this.#idle)
    clearTimeout(this.#rest)
    clearTimeout(this.#alone)
    this.#idle = undefined
    this.#rest = undefined
    this.#unregister()
    this.#mounts.close()
    this.#endAll()
    // Launch programs of active shapes serve the runs that follow.
    const busy = this.#shelves.filter(({ isBusy }) => isBusy)
    this.#shelves.splice(0, Number.POSITIVE_INFINITY, ...busy)
    for (const shelf of busy) shelf.forget()
    await Promise.all(this.#ending)
  }

  // Processes that end in the background do not keep this process alive, but a caller who waits for them
  // does.
  async #drainAwaited(): Promise<void> {
    const alive = setInterval(() => {}, IDLE_MS)
    await this.drain().finally(() => clearInterval(alive))
  }

  #shelfOf(shape: PoolShape): Shelf {
    const index = this.#shelves.findIndex((shelf) => isSameShape(shelf.shape, shape))
    const [shelf = new Shelf(shape)] = index < 0 ? [] : this.#shelves.splice(index, 1)
    this.#shelves.push(shelf)
    return shelf
  }

  #endAll(): void {
    for (const { waiting } of this.#shelves) for (const ready of waiting.splice(0)) this.#end(ready)
  }

  #end(ready: Ready): void {
    const ending = ready.discard(true).finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }

  #touch(): void {
    if (this.#idle !== undefined) {
      this.#idle.refresh()
      return
    }
    this.#idle = setTimeout(() => void this.drain(), IDLE_MS).unref()
    const unregister = registerPool({
      rested: () => this.#fillAtRest(),
      end: () => this.#drainAwaited(),
    })
    // A thread's descriptors outlive it; a process's do not.
    const endNow = () => {
      for (const { waiting } of this.#shelves) for (const ready of waiting) ready.discardNow()
    }
    if (!isMainThread) process.once('exit', endNow)
    this.#unregister = () => {
      unregister()
      process.off('exit', endNow)
    }
  }

  #fillSoon(): void {
    if (this.#filling) return
    this.#filling = true
    setImmediate(() => {
      this.#filling = false
      if (this.#idle === undefined) return
      if (this.#fillOne({ inBurst: true })) this.#fillSoon()
    })
  }

  #fillAtRest(): void {
    if (this.#rest !== undefined) this.#rest.refresh()
    else this.#rest = setTimeout(() => this.#fillRested(), REST_MS).unref()
  }

  // Starts them one after another, each only if no run has started meanwhile.
  #fillRested(): void {
    if (countActiveRuns() > 0) return
    if (isAnyRunAlone()) {
      clearTimeout(this.#alone)
      this.#alone = setTimeout(() => this.#fillRested(), ALONE_MS).unref()
      return
    }
    for (const shelf of this.#shelves) shelf.rested()
    if (this.#fillOne({ inBurst: false })) this.#rest?.refresh()
  }

  // Makes room at the expense of a shape that no recent run used, and only for the shape of the last run. Otherwise
  // shapes would take the room from each other for ever. When idle, each of two shapes takes at most half for the same
  // reason.
  #makeRoom(shelf: Shelf, inBurst: boolean): boolean {
    if (this.size < MOST_WAITING) return true
    if (shelf !== this.#shelves.at(-1)) return false
    const least = inBurst ? 0 : shelf.waiting.length + 1
    const hasSpare = (other: Shelf) => !other.isBusy && other.waiting.length > least
    const oldest = this.#shelves.find((other) => other !== shelf && hasSpare(other))
    const ready = oldest?.waiting.shift()
    if (ready !== undefined) this.#end(ready)
    return ready !== undefined
  }

  // Returns whether there is more to do. A failure here is not reported, because the next run then starts its own
  // launch program.
  #fillOne({ inBurst }: { inBurst: boolean }): boolean {
    for (const { waiting } of this.#shelves) for (const { launcher } of waiting) launcher.settle()
    const shelf = this.#shelves.findLast((one) => (inBurst ? one.lacksSome : one.lacksSomeAtRest))
    if (shelf === undefined || !this.#makeRoom(shelf, inBurst)) return false
    try {
      this.#mounts.open()
      shelf.waiting.push(Ready.start(shelf.shape))
      return true
    } catch {
      return false
    }
  }
}

/** This process's pool. */
export const pool = new Pool()
