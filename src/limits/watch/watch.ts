import { availableParallelism } from 'node:os'
import { closeDescriptor, duplicate } from '../../ffi/libc.ts'
import { clearTimeout, machineClockNs, setTimeout } from '../../globals.ts'
import { layout } from './shared.ts'
import { type Slot, type WatchedSlot, watchInThread } from './watch-thread.ts'

/** A limit that a watch enforces. */
export type Watched = (typeof layout.limits)[number]

/** The source of a tree's CPU time: the run's control group, the init's kernel counter, or only the watch. */
export type CpuSource = (typeof layout.cpuSources)[number]

export interface WatchOptions {
  /** The init's process id; undefined until the id is known. */
  readonly init: () => number | undefined
  /** The write end of the pipe in which any byte ends the run. The watch duplicates the descriptor. */
  readonly control: number
  /** Absent if the limit is lifted. */
  readonly cpuTimeMs: number | undefined
  readonly cpuSource: CpuSource
  /** The cpu.stat of the run's control group, for the source `cgroup`. */
  readonly cpuFile?: string | undefined
  /** The memory limit, or the bound of a run without a memory limit. Absent if a control group enforces the limit. */
  readonly memoryBytes: number | undefined
  /** The size of the caller's files in the run's tmpfs. */
  readonly suppliedBytes: number
  /** Whether the counter of CPU time may stop counting a process before the watch notices. */
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
  /** The CPU time of all processes that the watch saw. The real CPU time may be higher. */
  readonly cpuTimeMs: number
  /** Whether the kernel forgets CPU time of processes for which no process waits. */
  readonly forgetsChildren: boolean
  /**
   * Whether a process may have executed a file without read permission. The counter then stopped counting the process's
   * CPU time.
   */
  readonly leavesCounter: boolean
  /** The highest memory of all processes together that the watch saw; shared pages count once. */
  readonly peakMemoryBytes: number
  /** The largest size of mapped files in one process. The process's peak resident memory includes this size. */
  readonly peakFileBytes: number
  /** The largest address space of one process, reserved memory included. */
  readonly peakSpaceBytes: number
  readonly peakProcesses: number
  /**
   * The longest time that one thread waited for a processor or used a processor. The last read is shortly before the
   * end of the walltime.
   */
  readonly waitAndRunMs: number
  /** Whether a process gave itself a lower priority than the init's. The process then chose to wait. */
  readonly lowersPriority: boolean
}

/** The interval at which the watch asks for the init's process id while the id is unknown, in milliseconds. */
const INIT_MS = 2
/**
 * Watches the usage of all processes of a run together. Resource limits cannot limit this usage, because each resource
 * limit applies to one process. A separate thread measures the run and ends it, because the test's code may keep the
 * main thread busy.
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
      // The first error has the cause. The thread's end causes a second call.
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

  // The init's process id is not known yet if a starter that keeps a control group has not cloned the init.
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
