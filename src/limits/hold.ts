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

/** The run that the watch observes. */
export interface HeldRun {
  /** The init's process id; undefined until the starter has reported the id. */
  readonly pid: number | undefined
  /** The write end of the control pipe; undefined if the run already ends. A byte in this pipe ends the run. */
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
   * @param group the run's existing control group. Without `group`, the constructor makes a group if the plan has a
   *   delegation
   * @throws {SandboxError} LIMIT_UNAVAILABLE when the constructor cannot make the control group
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

  /**
   * Moves the init into the run's control group before the init gets its request; undefined if no move is necessary.
   */
  get enterGroup(): ((init: number) => void) | undefined {
    return this.#group?.enter
  }

  /**
   * Records the size of the caller's files in the run's tmpfs before these files exist. The files are not the program's
   * memory.
   *
   * @param hasUnreadable whether the program may execute but not read one of the caller's files. The counter of CPU
   *   time stops for a process that executes such a file, and the process may end before the watch sees the process
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
   * @param programUid the program's user, if the run has no namespaces
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
   * @throws {SandboxError} SETUP_FAILED when the watch failed before the end of the run
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
