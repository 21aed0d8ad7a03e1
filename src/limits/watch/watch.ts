import { availableParallelism } from 'node:os'
import { closeDescriptor, duplicate } from '../../ffi/libc.ts'
import { clearTimeout, machineClockNs, setTimeout } from '../../globals.ts'
import { layout } from './shared.ts'
import { type Slot, type WatchedSlot, watchInThread } from './watch-thread.ts'

/** A limit that a watch enforces. */
export type Watched = (typeof layout.limits)[number]

/** The source of a tree's CPU time: its control group, a kernel counter that the init has, or only the watch. */
export type CpuSource = (typeof layout.cpuSources)[number]

export interface WatchOptions {
  /** The init's process id, once it is known. */
  readonly init: () => number | undefined
  /** The write end of the pipe in which any byte ends the run. The watch duplicates the descriptor. */
  readonly control: number
  /** Absent where the limit is lifted. */
  readonly cpuTimeMs: number | undefined
  readonly cpuSource: CpuSource
  /** The cpu.stat of the run's control group, for the source `cgroup`. */
  readonly cpuFile?: string | undefined
  /** The limit, or the bound of a run without one; absent where a control group enforces it. */
  readonly memoryBytes: number | undefined
  /** The size of the caller's files in the run's tmpfs. */
  readonly suppliedBytes: number
  /** Whether the counter of CPU time may stop counting a process before the watch sees that. */
  readonly leavesCounter: boolean
  readonly wallTimeMs: number | undefined
  /** The program's user, where the run has no namespaces. */
  readonly programUid?: number | undefined
  /** The number of processors that the run may use at once; all by default. */
  readonly processors?: number | undefined
  /** Ends a run after its watch has failed. */
  readonly stop: () => void
}

/** The figures of a watch. */
export interface Seen {
  /** The total CPU time: at least the time that the watch saw. */
  readonly cpuTimeMs: number
  /** Whether the kernel forgets CPU time of processes for which no process waits. */
  readonly forgetsChildren: boolean
  /**
   * Whether a process may have executed a file that it may not read, so that the counter stopped counting its CPU time.
   */
  readonly leavesCounter: boolean
  /** The highest memory of all processes together that the watch saw; shared pages count once. */
  readonly peakMemoryBytes: number
  /** The largest size of mapped files in one process, which its peak resident memory includes. */
  readonly peakFileBytes: number
  /** The largest address space of one process, reserved memory included. */
  readonly peakSpaceBytes: number
  readonly peakProcesses: number
  /** The most time that one thread had waited for a processor or used one, read until shortly before the walltime. */
  readonly waitAndRunMs: number
  /** Whether a process gave itself a lower priority than the init's, so that its waiting is its own choice. */
  readonly lowersPriority: boolean
}

/** The interval at which the watch asks for the init's process id while the id is unknown, in milliseconds. */
const INIT_MS = 2
/**
 * Watches the usage of all processes of a run together. Resource limits cannot limit this usage, because each applies
 * to one process. A separate thread measures the run and ends it, because the test's code may keep the main thread
 * busy.
 */
export class TreeWatch {
  readonly #options: WatchOptions
  readonly #slot: WatchedSlot
  readonly #control: number
  #timer: NodeJS.Timeout | undefined
  #seen: Seen | undefined
  #exceeded: Watched | undefined
  #lost: Error | undefined

  constructor(options: WatchOptions) {
    this.#options = options
    this.#control = duplicate(options.control)
    const ask = (slot: Slot) => writeRequest(slot, options, this.#control)
    this.#slot = watchInThread(ask, (error) => {
      // The first error has the cause; the thread's end follows it.
      this.#lost ??= error
      options.stop()
    })
    this.#findInit()
  }

  /** The limit for which the watch ended the run; known once {@link TreeWatch.stop} has returned. */
  get exceeded(): Watched | undefined {
    return this.#exceeded
  }

  /** The reason why the run was not watched to its end. */
  get lost(): Error | undefined {
    return this.#lost
  }

  // A starter that stays as a control group's keeper may not have cloned the init yet.
  #findInit(): void {
    const init = this.#options.init()
    if (init !== undefined) Atomics.store(this.#slot.words, layout.init, init)
    else this.#timer = setTimeout(() => this.#findInit(), INIT_MS).unref()
  }

  /** Ends the watch and returns its figures. */
  stop(): Seen {
    this.#seen ??= this.#end()
    return this.#seen
  }

  #end(): Seen {
    clearTimeout(this.#timer)
    const { words, numbers, leave } = this.#slot
    leave()
    closeDescriptor(this.#control)
    this.#exceeded = layout.limits[Atomics.load(words, layout.exceeded) - 1]
    const figure = (name: FigureName): number => numbers[layout[name]] ?? 0
    return {
      cpuTimeMs: figure('cpuTimeMs'),
      forgetsChildren: figure('forgetsChildren') === 1,
      leavesCounter: figure('leavesCounter') === 1,
      peakMemoryBytes: figure('peakMemoryBytes'),
      peakFileBytes: figure('peakFileBytes'),
      peakSpaceBytes: figure('peakSpaceBytes'),
      peakProcesses: figure('peakProcesses'),
      waitAndRunMs: figure('waitAndRunMs'),
      lowersPriority: figure('lowersPriority') === 1,
    }
  }
}

type FigureName =
  | 'cpuTimeMs'
  | 'forgetsChildren'
  | 'leavesCounter'
  | 'peakMemoryBytes'
  | 'peakFileBytes'
  | 'peakSpaceBytes'
  | 'peakProcesses'
  | 'waitAndRunMs'
  | 'lowersPriority'

/** Writes the request for a run into the run's shared memory. */
function writeRequest({ numbers, cpuFile }: Slot, options: WatchOptions, control: number): void {
  const { cpuTimeMs, cpuSource, memoryBytes, wallTimeMs, processors } = options
  const path = Buffer.from(options.cpuFile ?? '')
  if (path.length > cpuFile.length) throw new RangeError(`The path is too long: ${path}`)
  cpuFile.set(path)
  numbers[layout.cpuFileLength] = path.length
  numbers[layout.startedMs] = Number(machineClockNs()) / 1e6
  numbers[layout.control] = control
  numbers[layout.cpuLimitMs] = cpuTimeMs ?? Number.POSITIVE_INFINITY
  numbers[layout.cpuSource] = layout.cpuSources.indexOf(cpuSource)
  numbers[layout.memoryLimitBytes] = memoryBytes ?? Number.POSITIVE_INFINITY
  numbers[layout.suppliedBytes] = options.suppliedBytes
  numbers[layout.leavesCounter] = options.leavesCounter ? 1 : 0
  numbers[layout.wallLimitMs] = wallTimeMs ?? Number.POSITIVE_INFINITY
  numbers[layout.processors] = processors ?? availableParallelism()
  numbers[layout.programUid] = options.programUid ?? 0
}
