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
  /** The program's wait status (wait(2)). */
  readonly waitStatus: number
  /**
   * How the filter reports a denied call. `listener`: to the init. `kill`: only by the kernel's SIGSYS. `none`: the
   * filter kills for no call.
   */
  readonly filter: 'listener' | 'kill' | 'none' | undefined
  /** The bound that the output exceeded. */
  readonly outputExceeded: OutputExcess | undefined
  /** Whether the init ended the run at its walltime. */
  readonly walltimeReached: boolean
  /** Whether the init ended the run because the caller asked for the end. */
  readonly stopped: boolean
  /** Whether the program's stdin was open and empty at the program's end. */
  readonly awaitsInput?: boolean
  /** Whether the init ended the run because the program interfered with the init. */
  readonly tampered: boolean
  /** How the limits were enforced. */
  readonly enforcement: EnforcementByLimit
  /** The limit for which the watch of the process tree ended the run. */
  readonly exceeded?: 'cpu' | 'memory' | undefined
  /** The size of the program's files when the watch of these files ended the run. */
  readonly exceededDiskBytes?: number | undefined
  /** How many processes the kernel killed because the control group was out of memory. */
  readonly oomKills?: number
  /** How many calls the filter denied, whether or not the init received them; undefined if the init did not count. */
  readonly deniedCalls?: bigint | undefined
  /** How many calls the init answered after the filter had reported the calls because of their size. */
  readonly answeredCalls?: bigint
  /** The size of the last request for more memory than the program can get. */
  readonly refusedBytes?: bigint | undefined
  /** The errno that kept the init from enlarging a file on behalf of the program. */
  readonly copyErrno?: number | undefined
  /** The limit that the program reported on stderr. */
  readonly reported?: ReportedLimit | undefined
  /** The largest address space of one process that the watch saw. */
  readonly seenSpaceBytes?: number | undefined
  /** The denied call, if the kernel names the call. */
  readonly denied?: Extract<ReportRecord, { kind: 'seccomp' }> | undefined
}

/** How the program ended: by itself, or by a signal. */
export interface End {
  readonly exitCode?: number
  readonly signal?: string
}
