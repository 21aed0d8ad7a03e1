/** A host path shown in the sandbox. */
export interface BindMount {
  readonly type: 'bind'
  /** Absolute path on the host. */
  readonly source: string
  /** Absolute path in the sandbox. */
  readonly target: string
  readonly writable: boolean
  /** Whether Gradebox skips the mount when its source is missing. Otherwise a missing source is an error. */
  readonly optional: boolean
  /** Whether the kernel refuses to execute programs in this mount (mount(2), MS_NOEXEC); default false. */
  readonly noexec?: boolean
}

/** A host directory that the program may change while the host's files stay unchanged. */
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
  /** The tmpfs's own size. A tmpfs without a size shares the sandbox's disk limit. */
  readonly sizeBytes?: number
  /** The largest number of files and directories (tmpfs(5), nr_inodes). */
  readonly inodes?: number
  /** As for a bind. */
  readonly noexec?: boolean
}

/** A symbolic link in the sandbox. */
export interface SymlinkMount {
  readonly type: 'symlink'
  /** The text of the link: an absolute path in the sandbox, or a path relative to the link. */
  readonly link: string
  readonly target: string
}

export type Mount = BindMount | OverlayMount | TmpfsMount | SymlinkMount

/** A file that Gradebox writes into the sandbox before the program starts. */
export interface SandboxFile {
  /** Absolute path in the sandbox. */
  readonly target: string
  readonly contents: string | Uint8Array
}

/** The parts of a policy that the launch program builds. */
export interface SandboxShape {
  readonly hostname: string
  /** User and group id that the program sees. */
  readonly uid: number
  readonly gid: number
  /** `loopback`: its own network, with only `lo` up; `none`: its own network, with `lo` down; `host`: the host's. */
  readonly network: 'none' | 'loopback' | 'host'
  readonly shareUts: boolean
  /** `full`: all of /proc; `pid`: only the process directories of /proc (procfs `subset=pid`); `none`: no /proc. */
  readonly proc: 'full' | 'pid' | 'none'
  /** Whether the program can make pseudo-terminals, in the sandbox's own instance of devpts. */
  readonly terminal?: boolean
  readonly mounts: readonly Mount[]
  readonly files: readonly SandboxFile[]
}
