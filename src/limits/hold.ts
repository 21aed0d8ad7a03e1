import { SandboxError } from '../errors/sandbox-error.ts'
import type { GroupUsage, RunGroup } from './cgroup/group.ts'
import { makeRunGroup } from './cgroup/run-group.ts'
import { isCounterLikely, noteCounter } from './cpu-counter.ts'
import type { EnforcementPlan } from './enforcement.ts'
import { memoryBound } from './memory-bound.ts'
import type { EnforcementByLimit, Limits } from './table.ts'
import { type CpuSource, type Seen, TreeWatch, type Watched } from './watch/watch.ts'

/** The facts that the control group and the watch know about a run. */
export interface Held {
  readonly enforcement: EnforcementByLimit
  /** The limit that the program exceeded, if the watch ended the run for it. */
  readonly exceeded: Watched | undefined
  readonly seen: Seen | undefined
  readonly group: GroupUsage | undefined
}

/** The run that is watched. */
export interface HeldRun {
  /** The init's process id; undefined until it is known. */
  readonly pid: number | undefined
  /** The write end of the pipe in which a byte ends the run; undefined when the run is already ending. */
  readonly control: number | undefined
  readonly stop: () => void
}

/** Enforces, by a control group and a watch, the limits that no resource limit of a process can enforce. */
export class LimitHold {
  readonly #limits: Limits
  readonly #enforcement: EnforcementByLimit
  readonly #group: RunGroup | undefined
  #suppliedBytes = 0
  #leavesCounter = false
  #watch: TreeWatch | undefined

  /**
   * @param group the run's existing control group; without it the constructor makes one, where one is planned
   * @throws {SandboxError} LIMIT_UNAVAILABLE when the control group cannot be made
   */
  constructor(limits: Limits, { enforcement, delegation }: EnforcementPlan, group?: RunGroup) {
    this.#limits = limits
    this.#enforcement = enforcement
    this.#group = group ?? (delegation && makeRunGroup(delegation, limits))
  }

  /** The path of the control group into which the starter clones the init. */
  get cgroup(): string | undefined {
    return this.#group?.path
  }

  /** Whether the run has a control group. */
  get hasGroup(): boolean {
    return this.#group !== undefined
  }

  /** Moves the init into the run's control group before it gets its request; undefined where there is nothing to do. */
  get enterGroup(): ((init: number) => void) | undefined {
    return this.#group?.enter
  }

  /**
   * Notes the size of the caller's files in the run's tmpfs before they exist, because they are not the
   * program's memory.
   *
   * @param hasUnreadable whether the program may execute one of the caller's files but not read it. The counter of CPU
   *   time stops counting such a process, and the process may end before the watch sees it
   */
  supply(bytes: number, hasUnreadable: boolean): void {
    this.#suppliedBytes = bytes
    this.#leavesCounter = hasUnreadable
    this.#group?.allowMemory(bytes)
  }

  /**
   * Watches a run from its start.
   *
   * @param processors the number of the run's processors
   * @param programUid the program's user, where the run has no namespaces
   */
  watch(run: HeldRun, processors: number, programUid?: number): void {
    const { control } = run
    if (control === undefined) return
    const { cpuTimeMs, memoryBytes, wallTimeMs } = this.#limits
    this.#watch = new TreeWatch({
      init: () => run.pid,
      control,
      stop: run.stop,
      cpuTimeMs,
      cpuSource: this.#cpuSource(),
      cpuFile: this.#group?.cpuFile,
      memoryBytes:
        this.#enforcement.memory === 'cgroup' ? undefined : (memoryBytes ?? memoryBound()),
      suppliedBytes: this.#suppliedBytes,
      leavesCounter: this.#leavesCounter,
      wallTimeMs,
      processors,
      programUid,
    })
  }

  #cpuSource(): CpuSource {
    if (this.#group !== undefined) return 'cgroup'
    return isCounterLikely() ? 'counter' : 'watch'
  }

  /**
   * The facts after the run's processes have ended.
   *
   * @param end the init's last record; only this record shows whether the init had a counter of CPU time
   * @throws {SandboxError} SETUP_FAILED when the run was not watched to its end
   */
  facts(end: { readonly countedMs?: number } | undefined): Held {
    if (end !== undefined) noteCounter(end.countedMs !== undefined)
    const seen = this.#watch?.stop()
    const lost = this.#watch?.lost
    if (lost !== undefined) throw lostError(lost)
    const { cpu } = this.#enforcement
    const isCounted = end?.countedMs !== undefined && cpu === 'watch'
    return {
      enforcement: isCounted ? { ...this.#enforcement, cpu: 'perf' } : this.#enforcement,
      exceeded: this.#watch?.exceeded,
      seen,
      group: this.#group?.usage(),
    }
  }

  /** Ends the watch and removes the control group, however the run ended. */
  release(): void {
    this.#watch?.stop()
    this.#group?.remove()
  }
}

const lostError = (cause: Error): SandboxError =>
  new SandboxError(`The thread that watches the limits failed: ${cause.message}`, {
    code: 'SETUP_FAILED',
    hint: 'The run was ended, because its limits were no longer held. Is the process out of memory, of threads or of open files?',
    cause,
  })
