import type { SandboxShape } from '../launcher/sandbox-shape.ts'
import type { SeccompPolicy } from '../seccomp/seccomp-policy.ts'

/** Limits after validation: units are in the names; an absent one is not limited. */
export interface Limits {
  /** Real time from the program's start, in milliseconds. */
  readonly wallTimeMs?: number
  /** Processor time, user and system, in milliseconds. */
  readonly cpuTimeMs?: number
  /** Memory of the program, in bytes. */
  readonly memoryBytes?: number
  /** stdout and stderr together, in bytes. */
  readonly outputBytes?: number
  /** The largest file it may write, in bytes (RLIMIT_FSIZE). */
  readonly fileSizeBytes?: number
  /** All writable tmpfs of the sandbox together, in bytes. */
  readonly diskBytes?: number
  /** The stack of its main thread, in bytes (RLIMIT_STACK). */
  readonly stackBytes?: number
  /** Virtual memory, in bytes (RLIMIT_AS). */
  readonly addressSpaceBytes?: number
  /** Processes and threads (RLIMIT_NPROC). */
  readonly processes?: number
  /** Open descriptors a process (RLIMIT_NOFILE). */
  readonly openFiles?: number
  /** The largest core file, in bytes (RLIMIT_CORE). */
  readonly coreBytes?: number
}

export type LimitName = keyof Limits

/** A policy after validation; nothing in it is left to interpret. */
export interface Policy extends SandboxShape {
  /** The shipped name, the file's path, or `inline`. */
  readonly name: string
  readonly description: string
  readonly env: Readonly<Record<string, string>>
  /** Variables whose values the program gets from the host, in place of those in `env`. */
  readonly shareEnv?: readonly string[]
  /** How a run shows its working directory when it does not say. */
  readonly workdirMode?: 'copy-on-write' | 'read-only' | 'read-write'
  /** Where the working directory is in the sandbox, absolute. */
  readonly workdirTarget: string
  readonly limits: Limits
  /** How limits must be held, `memory:cgroup`; where that cannot be had, nothing is run. */
  readonly require?: readonly string[]
  readonly seccomp?: SeccompPolicy
}
