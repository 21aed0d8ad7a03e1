import type { Rusage } from '../launcher/report/parse-report.ts'
import type { EnforcementByLimit, Limits } from '../limits/table.ts'
import type { DeniedSyscall, LoggedCall } from '../seccomp/decode/calls.ts'
import type { InvalidByte } from '../units/utf8.ts'
import type { Isolation } from './isolation/level.ts'

/** Why a run ended. For the precedence of the reasons, see verdict.ts. */
export type SandboxStatus =
  | 'exited'
  | 'signaled'
  | 'walltime'
  | 'cpu'
  | 'memory'
  | 'output'
  | 'seccomp'
  | 'aborted'

/** The usage of the whole process tree, from wait4(2) of every process, including orphans. */
export interface SandboxUsage extends Rusage {
  /** The time from just before execve to the end of the program. */
  readonly wallTimeMs: number
  /**
   * User and system time together, in milliseconds. Without a control group and a counter (perf_event_open(2)), the
   * kernel forgets the time of children whose parent ignores SIGCHLD (times(2)); see `cpuTimeLowerBound`.
   */
  readonly cpuTimeMs: number
  /** Why `cpuTimeMs` is only a lower bound, as the end of a sentence. Absent when `cpuTimeMs` is exact. */
  readonly cpuTimeLowerBound?: string
  /**
   * The peak memory of all processes together, in bytes. With a control group, this is the most memory that the kernel
   * charged to the group. Otherwise this is the highest figure that Gradebox saw. Gradebox counts each page once,
   * without pages of files that the program only read. The caller's files do not count.
   */
  readonly peakMemoryBytes: number
  /**
   * The peak number of processes. With a control group, threads count too. Without a control group, this is the highest
   * number that Gradebox saw.
   */
  readonly peakProcesses: number
  /**
   * A lower bound, in milliseconds, for the time that the program was ready to run but waited for a processor, because
   * other programs used the processors. On a machine that is too busy to judge the program, this time is close to the
   * wall time. Present for every run with a control group, and otherwise for runs that reached their walltime limit.
   * Absent for a program that lowered its own priority.
   */
  readonly waitTimeMs?: number
}

export type { DeniedSyscall, LoggedCall } from '../seccomp/decode/calls.ts'

/** The result of a sandboxed run. */
export interface SandboxResult<Output extends string | Uint8Array = string> {
  readonly status: SandboxStatus
  /** Whether the program exited with code 0 within every limit. */
  readonly ok: boolean
  /** Present when the program exited by itself. */
  readonly exitCode?: number
  /** Present when a signal ended the program: `SIGSEGV`. */
  readonly signal?: string
  /** One sentence for a person. */
  readonly reason: string
  /** The whole output, with its final newline. For a killed program, the output until the program's end. */
  readonly stdout: Output
  readonly stderr: Output
  /** Whether Gradebox cut the output at the output limit, or cut text at the length of the longest string, 512 MiB. */
  readonly truncated: boolean
  /** For output as text: the first byte of each stream that is not valid UTF-8. U+FFFD replaces this byte. */
  readonly invalidUtf8?: { readonly stdout?: InvalidByte; readonly stderr?: InvalidByte }
  /** One plain sentence for the student, in English; `feedbackFor()` has other languages. */
  readonly feedback: string
  readonly usage: SandboxUsage
  /** The denied call. Present when `status` is `seccomp` and the kernel named the call. */
  readonly syscall?: DeniedSyscall
  /**
   * The calls that the policy logs instead of denying (`default = "log"`), in the order of their first use.
   * Present when the policy logs and the kernel reports the calls.
   */
  readonly logged?: readonly LoggedCall[]
  readonly enforcement: EnforcementByLimit
  /** How the program was isolated from the machine. */
  readonly isolation: Isolation
  /** The number of attempts; more than one only with the option `retryWhenStarved`. */
  readonly attempts: number
  /** The entries of the option `collect`. */
  readonly collect: readonly string[]
  /** The files that `collect` names and that exist after the program's end, by path. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** The files that `collect` names and that Gradebox could not collect: the reason, by path. */
  readonly uncollected: Readonly<Record<string, string>>
  readonly command: string
  readonly args: readonly string[]
  /** The program's working directory in the sandbox. Relative paths of `collect` start there. */
  readonly cwd: string
  /** The policy's name. */
  readonly policy: string
  /** The limits that were in force. */
  readonly limits: Limits
}

/** A result whose output is text or bytes, depending on the option `encoding`. */
export type AnyResult = SandboxResult<string | Uint8Array>

/** The key that marks a result. The key is in the global symbol registry: see sandbox-error.ts. */
export const brand = Symbol.for('gradebox.SandboxResult')

/** Whether a value is a `SandboxResult`, also one from another realm or from another copy of Gradebox. */
export function isSandboxResult(value: unknown): value is SandboxResult<string | Uint8Array> {
  return typeof value === 'object' && value !== null && brand in value
}
