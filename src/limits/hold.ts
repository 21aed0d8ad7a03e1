import type { Limits } from '../policy/policy.ts'
import type { EnforcementByLimit } from '../runner/result.ts'
import { type GroupUsage, makeRunGroup, type RunGroup } from './cgroup/run-group.ts'
import type { EnforcementPlan } from './enforcement.ts'
import { type Seen, TreeWatch, type Watched } from './watch/watch.ts'

/** What those who held a run's limits from outside know of it. */
export interface Held {
  readonly enforcement: EnforcementByLimit
  /** The limit for which the watch ended the run. */
  readonly exceeded: Watched | undefined
  readonly seen: Seen | undefined
  readonly group: GroupUsage | undefined
}

/** Holds, from outside, the limits that a process cannot hold itself: a control group and a watch. */
export class LimitHold {
  readonly #limits: Limits
  readonly #enforcement: EnforcementByLimit
  readonly #group: RunGroup | undefined
  #watch: TreeWatch | undefined
  #exceeded: Watched | undefined

  /**
   * @param group the control group that the run is in already; without it, where one is planned, it is made
   * @throws {SandboxError} LIMIT_UNAVAILABLE when the control group cannot be made
   */
  constructor(limits: Limits, { enforcement, delegation }: EnforcementPlan, group?: RunGroup) {
    this.#limits = limits
    this.#enforcement = enforcement
    this.#group = group ?? (delegation && makeRunGroup(delegation, limits))
  }

  /** The path of the run's control group. */
  get cgroup(): string | undefined {
    return this.#group?.path
  }

  /**
   * Watches a run from its start.
   *
   * @param init the init's process id, once that is known
   * @param stop ends the run
   */
  watch(init: () => number | undefined, stop: () => void): void {
    const { cpuTimeMs, memoryBytes, wallTimeMs } = this.#limits
    this.#watch = new TreeWatch({
      init,
      group: this.#group,
      cpuTimeMs,
      memoryBytes: this.#enforcement.memory === 'rlimit' ? memoryBytes : undefined,
      wallTimeMs,
      onExceeded: (limit) => {
        this.#exceeded = limit
        stop()
      },
    })
  }

  /** What is known, when the run's processes are gone. */
  facts(): Held {
    return {
      enforcement: this.#enforcement,
      exceeded: this.#exceeded,
      seen: this.#watch?.stop(),
      group: this.#group?.usage(),
    }
  }

  /** Lets go; to be called whatever became of the run. */
  release(): void {
    this.#watch?.stop()
    this.#group?.remove()
  }
}
