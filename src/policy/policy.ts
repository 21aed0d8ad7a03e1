import type { SandboxShape } from '../launcher/sandbox-shape.ts'
import type { Limits } from '../limits/table.ts'
import type { SeccompPolicy } from '../seccomp/seccomp-policy.ts'

/** A policy after validation. No key needs further interpretation. */
export interface Policy extends SandboxShape {
  /** The shipped name, the file's path, or `inline`. */
  readonly name: string
  readonly description: string
  readonly env: Readonly<Record<string, string>>
  /** Variables that the program gets from the host. The host's values replace the values in `env`. */
  readonly shareEnv?: readonly string[]
  /** How the program sees the working directory, unless the call says otherwise. */
  readonly workdirMode?: 'copy-on-write' | 'read-only' | 'read-write'
  /** The path of the working directory in the sandbox, absolute. */
  readonly workdirTarget: string
  readonly limits: Limits
  /** The required enforcement of limits: `memory:cgroup`. Gradebox runs nothing without this enforcement. */
  readonly require?: readonly string[]
  readonly seccomp?: SeccompPolicy
}
