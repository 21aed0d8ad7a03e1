import type { Readable } from 'node:stream'
import type { LimitOptions } from '../../limits/table.ts'
import type { PolicyInput } from '../../policy/policy-input.ts'
import type { IsolationLevel } from '../isolation/level.ts'

export type { LimitOptions } from '../../limits/table.ts'

/** A host path that is shown in the sandbox. */
export interface MountOption {
  /** The path on the host; a relative path is relative to process.cwd(). */
  readonly source: string | URL
  /** The absolute path in the sandbox. */
  readonly target: string
  /**
   * `overlay` shows a directory copy-on-write: the program may change everything, and the host's files stay
   * unchanged. Default `bind`.
   */
  readonly type?: 'bind' | 'overlay'
  /** For a bind: whether the program may change the host's files under `source`; default false. */
  readonly writable?: boolean
  /** Whether Gradebox skips the mount when its source is missing. With the default, false, this is an error. */
  readonly optional?: boolean
  /** Whether the source may be a symbolic link; default: the run's option `followLinks`. */
  readonly followLinks?: boolean
}

/** The directory shown as the working directory, and whether the program's changes stay. */
export interface WorkdirOption {
  /** A host directory. */
  readonly source: string
  /** Whether the source may be a symbolic link. */
  readonly followLinks: boolean
  readonly mode: 'copy-on-write' | 'read-only' | 'read-write'
}

export interface SandboxOptions {
  /**
   * The rules for the program: a shipped policy's name, a TOML file's path or URL, or an object with the
   * file's keys.
   *
   * @default 'strict'
   */
  readonly policy?: string | URL | PolicyInput
  /**
   * The host directory shown at `/work`, or at its `target`. By default, the directory is copy-on-write: the program
   * may change everything, and the host's files stay unchanged. Without a `workdir`, `/work` is empty.
   */
  readonly workdir?:
    | string
    | URL
    | {
        source: string | URL
        mode?: WorkdirOption['mode']
        target?: string
        followLinks?: boolean
      }
  /**
   * Files to write into the sandbox, by absolute path: text, bytes, or the URL of a host file. An ELF program
   * or a script with `#!` gets an executable mode.
   */
  readonly files?: Readonly<Record<string, string | Uint8Array | URL>>
  /** Host paths to show in addition to the policy's. */
  readonly mounts?: readonly MountOption[]
  /**
   * Whether `workdir`, `mounts`, and the URLs in `files` and `stdin` may be symbolic links. Without this option,
   * Gradebox refuses a path whose last part, or a part below the current directory, is a link. A student can make a
   * link that leads to any file of this machine. Set this option only for paths that no student can change. A policy's
   * own mounts may always be links.
   *
   * @default false
   */
  readonly followLinks?: boolean
  /** Variables to add to the policy's environment. The program inherits no other variables. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * The program's working directory, in the sandbox.
   *
   * @default the path at which `workdir` is shown: '/work'
   */
  readonly cwd?: string
  /**
   * The program's input: text, bytes, a stream, or the URL of a host file. `'inherit'` means this process's own stdin.
   * With `'pipe'`, the caller writes the input to the handle's `stdin`.
   *
   * @default empty
   */
  readonly stdin?: string | Uint8Array | Readable | URL
  /** @default 'pipe' */
  readonly stdout?: 'pipe' | 'inherit' | 'ignore'
  /** @default 'pipe' */
  readonly stderr?: 'pipe' | 'inherit' | 'ignore'
  /**
   * Whether the program can make pseudo-terminals. The sandbox then has its own `/dev/ptmx`, `/dev/pts` and `/dev/tty`.
   * `script`, `expect` and `os.openpty()` need these files. The standard streams stay pipes. To give a program a
   * terminal as stdin and stdout, run the program by `script`.
   *
   * @default the policy's `terminal`: false
   * @example
   * await sandboxed('script', ['-qec', './menu', '/dev/null'], { terminal: true, stdin: '1\n' })
   */
  readonly terminal?: boolean
  /**
   * Whether the result's output is text or bytes. A text has at most 512 MiB (`buffer.constants.MAX_STRING_LENGTH`).
   * Gradebox ends a program that writes more. The status is then `output`.
   *
   * @default 'utf8'
   */
  readonly encoding?: 'utf8' | 'buffer'
  /** Limits that replace the policy's, one by one. */
  readonly limits?: LimitOptions
  /**
   * Files of the sandbox to collect in `result.files`: paths, directories (`out/`) and patterns with `*`, `?`, `[a-z]`,
   * `{a,b}` and `**`, absolute or relative to `cwd`. A collected file has at most 64 MiB. With a pattern, a run
   * collects at most 10,000 files and 256 MiB. `result.uncollected` names the files that were left out.
   *
   * @default []
   * @example
   * await sandboxed('./a.out', [], { collect: ['report.txt', 'out/**\/*.csv'] })
   */
  readonly collect?: readonly string[]
  /**
   * Whether the run is alone: no other run of this user is active meanwhile, in any process. Set this option to compare
   * times.
   *
   * @default false
   */
  readonly exclusive?: boolean
  /**
   * The number of further attempts, 0 or more, for a run that reached its walltime limit and mostly waited for a CPU.
   * With 1 or more, `stdin` must be text, bytes or the URL of a file, because Gradebox reads it again.
   *
   * @default 0
   */
  readonly retryWhenStarved?: number
  /**
   * The weakest level of isolation that the run accepts. A run gets the strongest level that the machine has, and
   * `result.isolation` names that level. A policy can require a stronger level: `require = ["isolation:full"]`.
   *
   * @default 'full'
   */
  readonly isolation?: IsolationLevel
  /** A signal that ends the run when the caller aborts the signal. The run's status is then `aborted`. */
  readonly signal?: AbortSignal
}

/** The options of {@link createSandbox}: the defaults for any option of a run, and the number of runs at once. */
export interface SandboxConfig extends SandboxOptions {
  /**
   * The largest number of programs of this sandbox that run at once, 1 or more. Other programs on the machine do not
   * change this number.
   *
   * @default the number of processors, divided by the number of test workers. All processes on the machine
   *   together then start no more sandboxes than it has processors.
   */
  readonly concurrency?: number
  /**
   * The number of sandboxes, 0 to 32, that Gradebox may build ahead for later runs. Set it to the number of runs in
   * one test. Gradebox builds them in the background while no run is active, and ends them a second after the last
   * run. Each sandbox serves one run.
   *
   * @default 0
   */
  readonly warm?: number
}
