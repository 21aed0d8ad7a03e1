import type { Arch } from '../machine/machine.ts'
import type { SandboxFile, SandboxShape } from '../sandbox-shape.ts'
import type { CountUse } from './count.ts'
import type { FilterUse } from './filter-steps.ts'
import type { Flow } from './flow.ts'
import type { EarlyMount, MaskedPath } from './host.ts'
import type { LateMount } from './late-mounts.ts'
import type { Meaning } from './log.ts'
import type { HostMount } from './mount-steps.ts'
import type { ProcessorView } from './processor-steps.ts'
import type { ProgramUse } from './program-steps.ts'

/** The machine on which a launch program runs, and the user who starts it. */
export interface PlanHost {
  readonly arch: Arch
  readonly flow: Flow
  /** The host's mounts at or below a path. Set if the kernel has no mount_setattr(2). */
  readonly remount?: ((source: string) => readonly HostMount[]) | undefined
}

/** The policy's filter, in the form that an image needs. */
export interface ImageFilter {
  /** The compiled seccomp filter, struct sock_filter[]. */
  readonly filter: Uint8Array | undefined
  /** Whether the filter reports by notification. */
  readonly listener: boolean
  /** The numbers of the calls that the filter reports and the init answers: see `answers.ts`. */
  readonly answers?: readonly number[] | undefined
  /** The actions for reported calls; set if some of these calls continue. */
  readonly log: readonly Meaning[] | undefined
  /** Set if the init counts the denied calls. The init then installs the filter. */
  readonly count: CountUse | undefined
  /** Whether the filter may let the program have TCP sockets. */
  readonly connects: boolean
  /** Whether the filter lets the program make no sockets except local ones (AF_UNIX). */
  readonly onlyLocal?: boolean | undefined
}

/** The root that an image builds. */
export interface ImageRoot {
  /** The policy's mounts, except mounts inside other mounts. */
  readonly paths: readonly EarlyMount[]
  /** The policy's files that are in no mount. */
  readonly files: readonly SandboxFile[]
  readonly diskBytes: number | undefined
  /** The files of /proc that reveal too much about the machine. */
  readonly masked: readonly MaskedPath[]
  readonly processors: ProcessorView
  /** Whether the program gets the /proc of the container around the sandbox; see `copyProcSteps()`. */
  readonly sharesProc: boolean
  /** Set for runs that add nothing to the root. The image then builds the whole root. */
  readonly complete?: CompleteRoot | undefined
}

/** The common part of every run under a policy. */
export interface ImageOptions extends PlanHost, ImageFilter, ImageRoot {
  readonly policy: SandboxShape
  readonly parentPid: number
  /** The score that the kernel's OOM killer gives the sandbox. */
  readonly oomScore: number
  readonly lastCapability: number
  /** Whether each run has a control group. */
  readonly cgroup: boolean
  /** The standard streams, 1 and 2, whose output the caller discards. */
  readonly discard: readonly number[]
}

/** The parts that complete a root. */
export interface CompleteRoot {
  /** The working directory, which is empty. */
  readonly workdir: LateMount & { type: 'empty' }
  /** The standard streams that are Gradebox's pipes. */
  readonly pipes: readonly number[]
  /** The filter; set if a target can wait for its request while the filter is active. */
  readonly filter: FilterUse | undefined
}

/** The part of the plan that differs from run to run. */
export interface RequestOptions extends PlanHost {
  readonly policy: SandboxShape
  /** The working directory, the run's own mounts, and the mounts of the policy that each run makes for itself. */
  readonly mounts: readonly LateMount[]
  /** The run's own files, and the policy's files that are in mounts. */
  readonly files: readonly SandboxFile[]
  /** The same value as in the image. */
  readonly connects: boolean
  /** The standard streams that are Gradebox's pipes; the program may open them again. */
  readonly pipes: readonly number[]
  /** Whether the image builds all of the root. */
  readonly isComplete: boolean
  readonly program: ProgramUse
}
