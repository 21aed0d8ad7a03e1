/** The figures of a run's control group, during the run or at its end. */
export interface GroupUsage {
  readonly cpuTimeMs: number
  readonly userTimeMs: number
  readonly systemTimeMs: number
  /** How many processes the kernel killed because the group was out of memory (memory.events). */
  readonly oomKills: number
  /** The peak of charged memory, including page cache and tmpfs (memory.peak, Linux 5.19). */
  readonly peakMemoryBytes?: number
  /** The peak number of processes and threads, including the init (pids.peak, Linux 6.1). */
  readonly peakProcesses?: number
  /** The time during which at least one task waited for a processor (cpu.pressure, "some"). */
  readonly waitTimeMs?: number
}

/** The control group of one run. */
export interface RunGroup {
  /** The path of the group's directory; absent in cgroup v1. The starter clones the init into this group. */
  readonly path: string | undefined
  usage(): GroupUsage
  /** Moves the init into the group. Only for cgroup v1, in which the starter cannot clone into a group. */
  enter?(init: number): void
  /** The path of the group's cpu.stat or cpuacct.usage. */
  readonly cpuFile: string
  /**
   * Raises the group's memory limit by the size of the caller's files, because the kernel charges these files to the
   * group.
   */
  allowMemory(bytes: number): void
  /** Removes the group. Call this method only after the group's processes have ended. */
  remove(): void
}
