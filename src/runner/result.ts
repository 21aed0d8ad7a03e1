import type { Rusage } from '../launcher/report/parse-report.ts'
import type { EnforcementByLimit, Limits } from '../limits/table.ts'
import type { DeniedSyscall, LoggedCall } from '../seccomp/decode/calls.ts'
import type { InvalidByte } from '../units/utf8.ts'
import type { Isolation } from './isolation/level.ts'

/** Why a run ended; DESIGN order of precedence is in verdict.ts. */
export type SandboxStatus =
  | 'exited'
  | 'signaled'
  | 'walltime'
  | 'cpu'
  | 'memory'
  | 'output'
  | 'seccomp'
  | 'aborted'

/** What the whole process tree used; from wait4(2) of every process, orphans included. */
export interface SandboxUsage extends Rusage {
  /** From just before execve to the end of the program. */
  readonly wallTimeMs: number
  /**
   * User and system time together, in milliseconds. Without a control group, the kernel forgets the time of children whose parent ignores SIGCHLD (times(2)); see `cpuTimeLowerBound`.
   */
  readonly cpuTimeMs: number
  /**
   * Why `cpuTimeMs` is only a lower bound, as the end of a sentence. Absent where it is the time that was used.
   */
  readonly cpuTimeLowerBound?: string
  /**
   * The most memory of all processes together, in bytes: with a control group what the kernel charged to it; else
   * the most that was seen, every page once, without pages of files that were only read. The files that the caller
   * supplied do not count.
   */
  readonly peakMemoryBytes: number
  /** The most processes at once, with a control group threads too; without one, of the moments looked at. */
  readonly peakProcesses: number
  /**
   * How long the program could have run but waited for a processor, in milliseconds. Waiting for its own other
   * threads does not count. Known of every run with a control group, else of runs that their walltime ended. On a
   * machine too busy to judge the program it is close to the wall time.
   */
  readonly waitTimeMs?: number
}

export type { DeniedSyscall, LoggedCall } from '../seccomp/decode/calls.ts'

/** What a sandboxed program did. */
export interface SandboxResult<Output extends string | Uint8Array = string> {
  readonly status: SandboxStatus
  /** Whether it exited with code 0 within every limit. */
  readonly ok: boolean
  /** Present when it ended by itself. */
  readonly exitCode?: number
  /** Present when a signal ended it: `SIGSEGV`. */
  readonly signal?: string
  /** One sentence for a person. */
  readonly reason: string
  /** Kept whole, final newline too; what there was of it when the program was killed. */
  readonly stdout: Output
  readonly stderr: Output
  /** Whether output was cut: at the output limit, or, as text, at the 512 MiB that one can hold. */
  readonly truncated: boolean
  /** The first byte of a stream that is not valid UTF-8, where the output is a text: U+FFFD stands in its place. */
  readonly invalidUtf8?: { readonly stdout?: InvalidByte; readonly stderr?: InvalidByte }
  /** What happened, as one plain sentence for the student, in English; `feedbackFor()` has other languages. */
  readonly feedback: string
  readonly usage: SandboxUsage
  /** Present when `status` is `seccomp` and the kernel could tell which call it was. */
  readonly syscall?: DeniedSyscall
  /**
   * The calls that the policy would have denied but only logs (`default = "log"`), in the order in which
   * they were first made. Present when the policy logs and the kernel tells of what.
   */
  readonly logged?: readonly LoggedCall[]
  readonly enforcement: EnforcementByLimit
  /** How the program was kept apart from the machine. */
  readonly isolation: Isolation
  /** How often it was run: more than once only with the option `retryWhenStarved`. */
  readonly attempts: number
  /** What the option `collect` names. */
  readonly collect: readonly string[]
  /** What `collect` named and the program left, by path. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** What `collect` named but could not be brought back, and why, by path. */
  readonly uncollected: Readonly<Record<string, string>>
  readonly command: string
  readonly args: readonly string[]
  /** The program's working directory, in the sandbox: what relative paths of `collect` start from. */
  readonly cwd: string
  /** The policy's name. */
  readonly policy: string
  /** The limits that were in force. */
  readonly limits: Limits
}

/** A result whose output is text or bytes, as its `encoding` had it. */
export type AnyResult = SandboxResult<string | Uint8Array>

/** The key that marks a result; registered globally: see sandbox-error.ts. */
export const brand = Symbol.for('gradebox.SandboxResult')

/** Whether a value is a `SandboxResult`, also one made in another realm or by another copy. */
export function isSandboxResult(value: unknown): value is SandboxResult<string | Uint8Array> {
  return typeof value === 'object' && value !== null && brand in value
}
