/** Limits after validation: units are in the names; an absent one is not limited. */
export interface Limits {
  /** Real time from the program's start, in milliseconds. */
  readonly walltimeMs?: number
  /** Processor time, user and system, in milliseconds. */
  readonly cpuMs?: number
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

/** A host path shown in the sandbox. */
export interface BindMount {
  readonly type: 'bind'
  /** Absolute path on the host. */
  readonly source: string
  /** Absolute path in the sandbox. */
  readonly target: string
  readonly writable: boolean
  /** A missing source is left out, not an error. */
  readonly optional: boolean
  /** No program in it can be executed (mount(2), MS_NOEXEC); default false. */
  readonly noexec?: boolean
}

/** A host directory that the program may change, while the host sees nothing of it. */
export interface OverlayMount {
  readonly type: 'overlay'
  /** Absolute path of a directory on the host. */
  readonly source: string
  readonly target: string
  /** As for a bind. */
  readonly optional: boolean
  readonly noexec?: boolean
}

/** An empty, writable, private directory. */
export interface TmpfsMount {
  readonly type: 'tmpfs'
  readonly target: string
  /** Its own size; without one it shares the sandbox's disk limit. */
  readonly sizeBytes?: number
  /** How many files and directories it may have (tmpfs(5), nr_inodes). */
  readonly inodes?: number
  /** As for a bind. */
  readonly noexec?: boolean
}

/** A symbolic link in the sandbox. */
export interface SymlinkMount {
  readonly type: 'symlink'
  /** Its text: an absolute path in the sandbox, or one relative to the link. */
  readonly link: string
  readonly target: string
}

export type Mount = BindMount | OverlayMount | TmpfsMount | SymlinkMount

/** A file that is written into the sandbox before the program starts. */
export interface SandboxFile {
  /** Absolute path in the sandbox. */
  readonly target: string
  readonly contents: string | Uint8Array
}

/** What happens on a system call: `errno:ENOSYS` makes it fail with that error. */
export type SeccompAction = 'allow' | 'kill' | 'log' | `errno:${string}`

/** A comparison of one argument, as seccomp_rule_add(3) has it. */
export interface SeccompCondition {
  /** Which argument, 0 to 5; no pointer. Compared are those of its bits that the kernel reads. */
  readonly arg: number
  readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'masked_eq'
  /** A number, or names of constants: `AF_UNIX`, `CLONE_NEWNS|CLONE_NEWUSER`. */
  readonly value: number | string
  /** With `masked_eq`: the bits that are compared. */
  readonly mask?: number | string
}

/** Conditions of one rule must all hold; for "or" write two rules. */
export interface SeccompRule {
  readonly action: SeccompAction
  /** Names of system calls, and of groups such as `@io`. */
  readonly syscalls: readonly string[]
  readonly conditions?: readonly SeccompCondition[]
}

export interface SeccompPolicy {
  /** For calls that no rule is about. */
  readonly default: SeccompAction
  /** The first that names a call, and whose conditions hold, decides. */
  readonly rules: readonly SeccompRule[]
}

/** A policy after validation; nothing in it is left to interpret. */
export interface Policy {
  /** The shipped name, the file's path, or `inline`. */
  readonly name: string
  readonly description: string
  readonly hostname: string
  /** User and group id that the program sees. */
  readonly uid: number
  readonly gid: number
  /** `loopback`: a network of its own, `lo` up; `none`: not even that; `host`: the host's. */
  readonly network: 'none' | 'loopback' | 'host'
  readonly shareUts: boolean
  /** `full`: /proc; `pid`: only its process directories (procfs `subset=pid`); `none`: no /proc. */
  readonly proc: 'full' | 'pid' | 'none'
  readonly mounts: readonly Mount[]
  readonly files: readonly SandboxFile[]
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
