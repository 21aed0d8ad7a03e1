import { closeDescriptor, duplicate, readCounter } from '../../ffi/libc.ts'
import { clearTimeout, machineClockNs, setTimeout } from '../../globals.ts'
import { layout } from './shared.ts'
import { watchInThread } from './watch-thread.ts'

/** A limit that a watch holds. */
export type Watched = (typeof layout.limits)[number]

/** Who knows the CPU time of a tree: its control group, a counter of the kernel's, or only the watch. */
export type CpuSource = 'cgroup' | 'perf' | 'watch'

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
  /** The descriptor of a counter, for the source `perf`; the watch closes it. */
  readonly counter?: number | undefined
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

/** What the watch's thread receives. */
export interface WatchRequest extends Omit<WatchOptions, 'init' | 'stop'> {
  readonly shared: SharedArrayBuffer
  /** On the clock of process.hrtime(), which all threads share. */
  readonly startedNs: bigint
}

/** What a watch saw. */
export interface Seen {
  /** CPU time in all; that of a counter is exact, else at least what was seen. */
  readonly cpuTimeMs: number
  /** The counter's time at the end, the launch program's own included. */
  readonly counterMs?: number
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
/** How long, and how often, the thread may keep a descriptor in use, which it reads or writes some bytes of. */
const BUSY_MS = 100
const BUSY_TRIES = 10

/**
 * Watches what all processes of a run use together, which resource limits, being each process's own, cannot hold.
 * A thread of its own looks, judges and ends the run: the test's code may keep this one busy.
 */
export class TreeWatch {
  readonly #options: WatchOptions
  readonly #words: Int32Array
  readonly #figures: Float64Array
  readonly #control: number
  readonly #leave: () => void
  #timer: NodeJS.Timeout | undefined
  #seen: Seen | undefined
  #lost: Error | undefined

  constructor({ init, stop, ...options }: WatchOptions) {
    const shared = new SharedArrayBuffer(layout.size)
    this.#options = { init, stop, ...options }
    this.#words = new Int32Array(shared, 0, layout.figuresAt / 4)
    this.#figures = new Float64Array(shared, layout.figuresAt)
    this.#control = duplicate(options.control)
    this.#findInit()
    const request = { ...options, shared, control: this.#control, startedNs: machineClockNs() }
    this.#leave = watchInThread(request, (error) => {
      // The first says why; the thread's end follows it.
      this.#lost ??= error
      stop()
    })
  }

  /** The limit for which the watch ended the run. */
  get exceeded(): Watched | undefined {
    return layout.limits[Atomics.load(this.#words, layout.exceeded) - 1]
  }

  /** Why the run was not watched to its end. */
  get lost(): Error | undefined {
    return this.#lost
  }

  // A starter that stays as a control group's keeper may not have cloned the init yet.
  #findInit(): void {
    const init = this.#options.init()
    if (init !== undefined) Atomics.store(this.#words, layout.init, init)
    else this.#timer = setTimeout(() => this.#findInit(), INIT_MS).unref()
  }

  /** Ends it, and says what it saw. */
  stop(): Seen {
    this.#seen ??= this.#end()
    return this.#seen
  }

  #end(): Seen {
    clearTimeout(this.#timer)
    this.#leave()
    this.#endUse()
    closeDescriptor(this.#control)
    const figure = (name: FigureName): number => this.#figures[layout[name]] ?? 0
    return {
      ...this.#endCounter(),
      cpuTimeMs: figure('cpuTimeMs'),
      isLowerBound: figure('isLowerBound') === 1,
      peakMemoryBytes: figure('peakMemoryBytes'),
      peakFileBytes: figure('peakFileBytes'),
      peakProcesses: figure('peakProcesses'),
      waitTimeMs: figure('waitTimeMs'),
    }
  }

  // Afterwards the thread uses none of the run's descriptors, whose numbers may soon be other files'.
  #endUse(): void {
    const { state, open, busy, ended } = layout
    for (let tries = 0; tries < BUSY_TRIES; tries++) {
      if (Atomics.compareExchange(this.#words, state, open, ended) !== busy) return
      Atomics.wait(this.#words, state, busy, BUSY_MS)
    }
  }

  #endCounter(): { counterMs?: number } {
    const { counter } = this.#options
    if (counter === undefined) return {}
    const counterMs = readCounter(counter)
    closeDescriptor(counter)
    return { counterMs }
  }
}

type FigureName =
  | 'cpuTimeMs'
  | 'isLowerBound'
  | 'peakMemoryBytes'
  | 'peakFileBytes'
  | 'peakProcesses'
  | 'waitTimeMs'
