import { availableParallelism } from 'node:os'
import { closeDescriptor, duplicate } from '../../ffi/libc.ts'
import { clearTimeout, machineClockNs, setTimeout } from '../../globals.ts'
import { layout } from './shared.ts'
import { type Slot, type WatchedSlot, watchInThread } from './watch-thread.ts'

/** A limit that a watch holds. */
export type Watched = (typeof layout.limits)[number]

/** Who knows the CPU time of a tree: its control group, or only the watch. */
export type CpuSource = (typeof layout.cpuSources)[number]

export interface WatchOptions {
  /** The init's process id, once that is known. */
  readonly init: () => number | undefined
  /** The write end of the pipe whose every byte ends the run; the watch makes a descriptor of its own of it. */
  readonly control: number
  /** Absent where the limit is lifted. */
  readonly cpuTimeMs: number | undefined
  readonly cpuSource: CpuSource
  /** The cpu.stat of the run's control group, for the source `cgroup`. */
  readonly cpuFile?: string | undefined
  /** Absent where a control group holds it. */
  readonly memoryBytes: number | undefined
  /** What the run's files take of its tmpfs. */
  readonly suppliedBytes: number
  readonly wallTimeMs: number | undefined
  /** How many processors the run may use at once; without it, all. */
  readonly processors?: number | undefined
  /** Ends a run that is not watched any more. */
  readonly stop: () => void
}

/** What a watch saw. */
export interface Seen {
  /** CPU time in all: at least what was seen. */
  readonly cpuTimeMs: number
  /** Whether the kernel forgot some of the CPU time. */
  readonly isLowerBound: boolean
  /** The most memory of all processes together, shared pages once; of the moments looked at. */
  readonly peakMemoryBytes: number
  /** The most that one process had of files mapped, which is in its peak resident memory. */
  readonly peakFileBytes: number
  readonly peakProcesses: number
  /** Shortly before the walltime was over: for how long a thread had waited for a processor. */
  readonly waitTimeMs: number
}

/** How often the init's process id is asked for while it is not known, in milliseconds. */
const INIT_MS = 2
/**
 * Watches what all processes of a run use together, which resource limits, being each process's own, cannot hold.
 * A thread of its own looks, judges and ends the run: the test's code may keep this one busy.
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
      // The first says why; the thread's end follows it.
      this.#lost ??= error
      options.stop()
    })
    this.#findInit()
  }

  /** The limit for which the watch ended the run; known once {@link TreeWatch.stop} has returned. */
  get exceeded(): Watched | undefined {
    return this.#exceeded
  }

  /** Why the run was not watched to its end. */
  get lost(): Error | undefined {
    return this.#lost
  }

  // A starter that stays as a control group's keeper may not have cloned the init yet.
  #findInit(): void {
    const init = this.#options.init()
    if (init !== undefined) Atomics.store(this.#slot.words, layout.init, init)
    else this.#timer = setTimeout(() => this.#findInit(), INIT_MS).unref()
  }

  /** Ends it, and says what it saw. */
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
      isLowerBound: figure('isLowerBound') === 1,
      peakMemoryBytes: figure('peakMemoryBytes'),
      peakFileBytes: figure('peakFileBytes'),
      peakProcesses: figure('peakProcesses'),
      waitTimeMs: figure('waitTimeMs'),
    }
  }
}

type FigureName =
  | 'cpuTimeMs'
  | 'isLowerBound'
  | 'peakMemoryBytes'
  | 'peakFileBytes'
  | 'peakProcesses'
  | 'waitTimeMs'

/** Writes what the thread is to do with a run into the run's shared memory. */
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
  numbers[layout.wallLimitMs] = wallTimeMs ?? Number.POSITIVE_INFINITY
  numbers[layout.processors] = processors ?? availableParallelism()
}
