/** The part of a result that determines the sentence for the student. */
export interface FinishedRun {
  readonly status:
    | 'exited'
    | 'signaled'
    | 'walltime'
    | 'cpu'
    | 'memory'
    | 'output'
    | 'seccomp'
    | 'aborted'
  readonly exitCode?: number
  readonly signal?: string
  readonly usage: {
    readonly wallTimeMs: number
    readonly cpuTimeMs: number
    readonly peakMemoryBytes: number
    readonly waitTimeMs?: number
    readonly peakProcesses?: number
  }
  readonly limits: {
    readonly wallTimeMs?: number
    readonly cpuTimeMs?: number
    readonly memoryBytes?: number
    readonly outputBytes?: number
    readonly fileSizeBytes?: number
    readonly processes?: number
  }
  readonly syscall?: {
    readonly name: string
    readonly args: readonly (number | bigint)[]
  }
}
