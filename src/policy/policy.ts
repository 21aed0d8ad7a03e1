import type { SandboxShape } from '../launcher/sandbox-shape.ts'
import type { Limits } from '../limits/table.ts'
import type { SeccompPolicy } from '../seccomp/seccomp-policy.ts'

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
