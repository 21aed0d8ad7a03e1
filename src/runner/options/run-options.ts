import type { BindMount, OverlayMount, SandboxFile } from '../../launcher/sandbox-shape.ts'
import type { Limits } from '../../limits/table.ts'
import type { Policy } from '../../policy/policy.ts'
import type { StdinSource } from '../io/stdin.ts'
import type { IsolationLevel } from '../isolation/level.ts'
import type { WorkdirOption } from './sandbox-options.ts'

/** A mount from the run's own options. */
export type OwnMount = (BindMount | OverlayMount) & { readonly followLinks: boolean }

/** The program, and the values that it starts with. */
export interface ProgramOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** The files in the sandbox, in addition to the policy's. */
export interface FileOptions {
  readonly workdir: WorkdirOption | undefined
  /** The path of the working directory in the sandbox. */
  readonly workdirTarget: string
  readonly files: readonly SandboxFile[]
  readonly mounts: readonly OwnMount[]
}

/** The program's standard streams. */
export interface StreamOptions {
  readonly stdin: StdinSource
  readonly stdout: 'pipe' | 'inherit' | 'ignore'
  readonly stderr: 'pipe' | 'inherit' | 'ignore'
}

/** The amounts that the program may use. */
export interface AmountOptions {
  /** The limits that are in force. */
  readonly limits: Limits
  /** The same limits as in `limits`, with UNLIMITED for each limit that the options turn off. */
  readonly wantedLimits: Limits
  /** The number of processors that the program may use. */
  readonly processors: number
}

/** The options from which a run is planned: the input of the stage `prepare`. */
export interface PlannedOptions extends ProgramOptions, FileOptions, StreamOptions, AmountOptions {
  readonly policy: Policy
  readonly collect: readonly string[]
}

/** The options that a result depends on: the input of the stage `judge`. */
export interface JudgedOptions extends ProgramOptions, FileOptions, AmountOptions {
  readonly policy: Policy
  readonly collect: readonly string[]
  readonly encoding: 'utf8' | 'buffer'
  /** The weakest isolation that the caller and the policy accept. */
  readonly isolation: IsolationLevel
}

/** A run's options, checked and with every default filled in. */
export interface RunOptions extends PlannedOptions, JudgedOptions {
  /** The host's paths of the files that the option `files` names by URL. Watch mode watches them. */
  readonly filePaths: readonly string[]
  readonly exclusive: boolean
  /** The number of further attempts that a starved run gets. */
  readonly retryWhenStarved: number
  readonly signal: AbortSignal | undefined
  /**
   * The number of launch programs that may wait for runs like this one. With 0 the run does not use the pool.
   */
  readonly warm: number
}

/** The options of a run that does nothing, under the same policy. */
export function trivialRun(options: RunOptions, isolation: IsolationLevel): RunOptions {
  const nothing = { args: [], workdir: undefined, files: [], mounts: [], collect: [], warm: 0 }
  const streams = { stdout: 'ignore', stderr: 'ignore' } as const
  const stdin = { kind: 'bytes', bytes: Buffer.alloc(0) } as const
  const cwd = options.workdirTarget
  return { ...options, ...nothing, ...streams, stdin, command: 'true', cwd, isolation }
}
