import { isMainThread } from 'node:worker_threads'
import {
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from '../../globals.ts'
import { countActiveRuns, registerPool } from '../active.ts'
import { closeKept } from '../launch/kept.ts'
import { MOST_WAITING } from '../options/defaults.ts'
import { isAnyRunAlone } from '../queue/machine-turns.ts'
import { identityOf, MountWatch } from './host-state.ts'
import { ShapePool } from './shape-pool.ts'
import { isSameShape, type PoolShape, WaitingLauncher } from './waiting-launcher.ts'

/** The process ends its waiting launch programs when no run has started or ended for this time in ms. */
const IDLE_MS = 1000
/** A burst of runs ends when no run has been active for this time in ms. */
const BURST_GAP_MS = 2
/** The interval in ms at which an idle pool checks whether an exclusive run of another process has ended. */
const ALONE_MS = 50

/**
 * Launch programs that build their roots ahead and wait for a request. Each of them serves one run. The pool starts
 * most of them after all runs have ended, when they slow no run down.
 */
class Pool {
  /** The pool of each shape, in the order of their last use. */
  readonly #shapePools: ShapePool[] = []
  readonly #mounts = new MountWatch()
  /** Discarded launch programs that may still exist. */
  readonly #ending = new Set<Promise<void>>()
  #filling = false
  #burstGap: NodeJS.Timeout | undefined
  #alone: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  #unregister = () => {}

  /** The number of waiting launch programs. */
  get size(): number {
    return this.#shapePools.reduce((sum, { waiting }) => sum + waiting.length, 0)
  }

  /**
   * Takes a waiting launch program, if the host has not changed since it started.
   *
   * @returns undefined when no launch program waits
   */
  take(shape: PoolShape): WaitingLauncher | undefined {
    if (this.#mounts.hasChanged()) this.#endAll()
    const waiting = this.#shapePools.find((shapePool) =>
      isSameShape(shapePool.shape, shape),
    )?.waiting
    if (waiting === undefined || waiting.length === 0) return undefined
    const sources = identityOf(shape.sources)
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (next.isCurrent(sources)) return next
      this.#end(next)
    }
    return undefined
  }

  /**
   * Notes that a run of a shape has started, and starts launch programs for the runs that follow.
   *
   * @param most the largest number of waiting launch programs of this shape
   * @returns a function to call when the run has ended
   */
  started(shape: PoolShape, most: number): () => void {
    const shapePool = this.#shapePoolOf(shape)
    shapePool.started(most)
    this.#touch()
    // If a launch program waits for the next run, the pool starts others only after this run.
    if (shapePool.waiting.length === 0) this.#fillSoon()
    return () => {
      // The ending run still counts as active.
      shapePool.ended({ othersAreActive: countActiveRuns() > 1 })
      this.#touch()
      if (shapePool.needsMore) this.#fillSoon()
    }
  }

  /** Ends all waiting launch programs; settles when their processes have ended. */
  async drain(): Promise<void> {
    clearTimeout(this.#idle)
    clearTimeout(this.#burstGap)
    clearTimeout(this.#alone)
    this.#idle = undefined
    this.#burstGap = undefined
    this.#unregister()
    this.#mounts.close()
    this.#endAll()
    closeKept()
    // Keeps the pools of the active shapes: the same shapes may run again.
    const busy = this.#shapePools.filter(({ isBusy }) => isBusy)
    this.#shapePools.splice(0, Number.POSITIVE_INFINITY, ...busy)
    for (const shapePool of busy) shapePool.forget()
    await Promise.all(this.#ending)
  }

  // Processes that end in the background do not keep this process alive. The timer keeps this process alive for a
  // caller who waits for those processes.
  async #drainAwaited(): Promise<void> {
    const alive = setInterval(() => {}, IDLE_MS)
    await this.drain().finally(() => clearInterval(alive))
  }

  #shapePoolOf(shape: PoolShape): ShapePool {
    const index = this.#shapePools.findIndex((shapePool) => isSameShape(shapePool.shape, shape))
    const [shapePool = new ShapePool(shape)] = index < 0 ? [] : this.#shapePools.splice(index, 1)
    this.#shapePools.push(shapePool)
    return shapePool
  }

  #endAll(): void {
    for (const { waiting } of this.#shapePools)
      for (const ready of waiting.splice(0)) this.#end(ready)
  }

  #end(ready: WaitingLauncher): void {
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
      onIdle: () => this.#fillWhenIdle(),
      end: () => this.#drainAwaited(),
    })
    // The descriptors of a worker thread stay open after the thread's end. A process that ends closes
    // its descriptors.
    const endNow = () => {
      for (const { waiting } of this.#shapePools) for (const ready of waiting) ready.discardNow()
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

  #fillWhenIdle(): void {
    if (this.#burstGap !== undefined) this.#burstGap.refresh()
    else this.#burstGap = setTimeout(() => this.#fillIdle(), BURST_GAP_MS).unref()
  }

  // Starts launch programs one after another, each of them only if no run has started meanwhile.
  #fillIdle(): void {
    if (countActiveRuns() > 0) return
    if (isAnyRunAlone()) {
      clearTimeout(this.#alone)
      this.#alone = setTimeout(() => this.#fillIdle(), ALONE_MS).unref()
      return
    }
    for (const shapePool of this.#shapePools) shapePool.endBurst()
    if (this.#fillOne({ inBurst: false })) this.#burstGap?.refresh()
  }

  // Ends a launch program of the least recently used shape. Only the shape of the last run gets this room, because
  // otherwise two shapes would replace each other for ever. For the same reason, two shapes have half of the room each
  // when idle.
  #makeRoom(shapePool: ShapePool, inBurst: boolean): boolean {
    if (this.size < MOST_WAITING) return true
    if (shapePool !== this.#shapePools.at(-1)) return false
    const least = inBurst ? 0 : shapePool.waiting.length + 1
    const hasSpare = (other: ShapePool) => !other.isBusy && other.waiting.length > least
    const oldest = this.#shapePools.find((other) => other !== shapePool && hasSpare(other))
    const ready = oldest?.waiting.shift()
    if (ready !== undefined) this.#end(ready)
    return ready !== undefined
  }

  // Returns whether the pool may start more launch programs. The pool reports no failure, because the next run starts
  // its own launch program.
  #fillOne({ inBurst }: { inBurst: boolean }): boolean {
    for (const { waiting } of this.#shapePools)
      for (const { launcher } of waiting) launcher.settle()
    const shapePool = this.#shapePools.findLast((one) =>
      inBurst ? one.needsMore : one.needsMoreWhenIdle,
    )
    if (shapePool === undefined || !this.#makeRoom(shapePool, inBurst)) return false
    try {
      this.#mounts.open()
      shapePool.waiting.push(WaitingLauncher.start(shapePool.shape))
      return true
    } catch {
      return false
    }
  }
}

/** This process's pool. */
export const pool = new Pool()
