import type { ReportRecord } from '../../launcher/report/parse-report.ts'
import type { EnforcementByLimit, Limits } from '../../limits/table.ts'
import type { SeccompPolicy } from '../../seccomp/seccomp-policy.ts'
import type { OutputExcess } from '../io/capture.ts'
import type { SandboxUsage } from '../result.ts'
import type { ReportedLimit } from './reported-limits.ts'

/** The evidence from which `judge()` derives the verdict. */
export interface Evidence {
  readonly limits: Limits
  readonly policy: string
  /** The policy's filter. */
  readonly seccomp?: SeccompPolicy | undefined
  readonly usage: SandboxUsage
  /** The program's wait status, of wait(2). */
  readonly waitStatus: number
  /**
   * How the filter reports a denied call: to the init, or only by the kernel's SIGSYS. `none`: it kills for
   * no call.
   */
  readonly filter: 'listener' | 'kill' | 'none' | undefined
  /** The bound that the output exceeded. */
  readonly outputExceeded: OutputExcess | undefined
  /** Whether the init ended the run at its walltime. */
  readonly walltimeReached: boolean
  /** Whether the init ended the run because the caller asked for it. */
  readonly stopped: boolean
  /** Whether the program's stdin was open and empty at the program's end. */
  readonly awaitsInput?: boolean
  /** Whether the init ended the run because the program interfered with it. */
  readonly tampered: boolean
  /** How the limits were enforced. */
  readonly enforcement: EnforcementByLimit
  /** The limit for which the watch of the process tree ended the run. */
  readonly exceeded?: 'cpu' | 'memory' | undefined
  /** How much the program had written when the watch of its files ended the run. */
  readonly exceededDiskBytes?: number | undefined
  /** How many processes the kernel killed because the control group was out of memory. */
  readonly oomKills?: number
  /** How many calls the filter denied, received or not, where the init counted them. */
  readonly deniedCalls?: bigint | undefined
  /** How many calls the filter reported for their size, and the init answered. */
  readonly answeredCalls?: bigint
  /** The size of the last request for more memory than the program can get. */
  readonly refusedBytes?: bigint | undefined
  /** The error for which the init could not enlarge a file in the program's place. */
  readonly copyErrno?: number | undefined
  /** The limit that the program reported on stderr. */
  readonly reported?: ReportedLimit | undefined
  /** The largest address space of one process that the watch saw. */
  readonly seenSpaceBytes?: number | undefined
  /** The denied call, where the kernel names it. */
  readonly denied?: Extract<ReportRecord, { kind: 'seccomp' }> | undefined
}

/** How the program ended: by itself, or by a signal. */
export interface End {
  readonly exitCode?: number
  readonly signal?: string
}
