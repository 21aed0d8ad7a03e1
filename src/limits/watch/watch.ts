import { availableParallelism } from 'node:os'
import { processCpuMs } from '../../ffi/libc.ts'
import type { RunGroup } from '../cgroup/run-group.ts'
import { longestWaitMs, proportionalBytes, readTree } from './tree.ts'

/** A limit that a watch holds. */
export type Watched = 'cpu' | 'memory'

export interface WatchOptions {
  /** The init's process id, once that is known. */
  readonly init: () => number | undefined
  /** The run's control group, which knows the CPU time, and holds the memory limit itself. */
  readonly group: RunGroup | undefined
  readonly cpuTimeMs: number | undefined
  /** Absent where a control group holds it. */
  readonly memoryBytes: number | undefined
  readonly wallTimeMs: number | undefined
  /** Called once, when the processes together have used more than a limit. */
  readonly onExceeded: (limit: Watched) => void
}

/** What a watch saw. */
export interface Seen {
  /** CPU time at the last look; more than is accounted for if children went that nobody waited for. */
  readonly cpuTimeMs: number
  /** The most resident memory of all processes together, shared pages once; of the moments looked at. */
  readonly peakMemoryBytes: number
  readonly peakProcesses: number
  /** Shortly before the walltime was over: for how long a thread had waited for a processor. */
  readonly waitTimeMs: number
}

/** How often memory is looked at, in milliseconds. */
const MEMORY_INTERVAL_MS = 20
/** CPU time is looked at no more often than this, in milliseconds. */
const SHORTEST_MS = 2
/** A look takes at most this share of a processor's time: a tree of hundreds of processes is looked at less often. */
const LARGEST_SHARE = 0.1
/** When waiting times are read: at this share of the walltime, for at its end the processes are gone. */
const WAIT_SHARE = 0.9
/** setTimeout takes no more. */
const LONGEST_MS = 0x7fff_ffff

let cores: number | undefined

/**
 * Watches what all processes of a run use together, which resource limits, being each process's own,
 * cannot hold. CPU time is first looked at when it could have been used up, on every core at once, and
 * then again when the rest could have been.
 */
export class TreeWatch {
  readonly #options: WatchOptions
  readonly #started = performance.now()
  #timer: NodeJS.Timeout | undefined
  #nextCpu = Number.POSITIVE_INFINITY
  #nextMemory = Number.POSITIVE_INFINITY
  #nextWait = Number.POSITIVE_INFINITY
  #seen: Seen = { cpuTimeMs: 0, peakMemoryBytes: 0, peakProcesses: 0, waitTimeMs: 0 }

  constructor(options: WatchOptions) {
    this.#options = options
    const { cpuTimeMs, memoryBytes, wallTimeMs } = options
    cores ??= availableParallelism()
    if (cpuTimeMs !== undefined) this.#nextCpu = Math.max(SHORTEST_MS, cpuTimeMs / cores)
    if (memoryBytes !== undefined) this.#nextMemory = MEMORY_INTERVAL_MS
    if (wallTimeMs !== undefined) this.#nextWait = wallTimeMs * WAIT_SHARE
    this.#schedule(0)
  }

  /** Ends it, and says what it saw. */
  stop(): Seen {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return this.#seen
  }

  #schedule(tookMs: number): void {
    const next = Math.min(this.#nextCpu, this.#nextMemory, this.#nextWait)
    if (next === Number.POSITIVE_INFINITY) return
    const pause = Math.max(next - this.#elapsedMs(), tookMs / LARGEST_SHARE, 0)
    // It keeps no process alive: the run itself does.
    this.#timer = setTimeout(() => this.#look(), Math.min(pause, LONGEST_MS)).unref()
  }

  #elapsedMs(): number {
    return performance.now() - this.#started
  }

  #look(): void {
    const before = process.cpuUsage()
    const now = this.#elapsedMs()
    const exceeded = this.#check(now)
    const { user, system } = process.cpuUsage(before)
    if (exceeded !== undefined) this.#options.onExceeded(exceeded)
    // Not the time that went by, where others have the processors: the next look would be ten times too late;
    // nor more than that, where other threads of this process have them.
    else this.#schedule(Math.min((user + system) / 1000, this.#elapsedMs() - now))
  }

  #check(now: number): Watched | undefined {
    const init = this.#options.init()
    if (init === undefined) return undefined
    const needsTree =
      now >= this.#nextMemory || now >= this.#nextWait || this.#options.group === undefined
    const tree = needsTree ? readTree(init) : undefined
    if (tree !== undefined) {
      const peakProcesses = Math.max(this.#seen.peakProcesses, tree.processes.length)
      this.#seen = { ...this.#seen, peakProcesses }
    }
    if (tree !== undefined && now >= this.#nextWait) {
      this.#nextWait = Number.POSITIVE_INFINITY
      this.#seen = { ...this.#seen, waitTimeMs: longestWaitMs(tree.processes) }
    }
    if (now >= this.#nextCpu && this.#exceedsCpu(now, init, tree?.cpuTimeMs)) return 'cpu'
    if (tree !== undefined && now >= this.#nextMemory) {
      this.#nextMemory = now + MEMORY_INTERVAL_MS
      if (this.#exceedsMemory(tree)) return 'memory'
    }
    return undefined
  }

  #exceedsCpu(now: number, init: number, ofTree: number | undefined): boolean {
    const { cpuTimeMs = 0, group } = this.#options
    // The init is in the group, and not the program's to answer for.
    const own = group === undefined ? 0 : (processCpuMs(init) ?? 0)
    const used = (group?.cpuTimeMs() ?? ofTree ?? 0) - own
    this.#seen = { ...this.#seen, cpuTimeMs: used }
    this.#nextCpu = now + Math.max(SHORTEST_MS, (cpuTimeMs - used) / (cores ?? 1))
    return used > cpuTimeMs
  }

  #exceedsMemory({ residentBytes, processes }: ReturnType<typeof readTree>): boolean {
    const { memoryBytes = 0 } = this.#options
    // The sum counts shared pages more than once: only when it is too much is it worth the exact one.
    const bytes = residentBytes > memoryBytes ? proportionalBytes(processes) : residentBytes
    const peakMemoryBytes = Math.max(this.#seen.peakMemoryBytes, bytes)
    this.#seen = { ...this.#seen, peakMemoryBytes }
    return bytes > memoryBytes
  }
}
