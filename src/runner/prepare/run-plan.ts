import type { Assembled } from '../../launcher/image/assemble.ts'
import type { FilterUse } from '../../launcher/plan/filter-steps.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import type { TerminalUse } from '../../launcher/plan/terminal-steps.ts'
import type { EnforcementPlan } from '../../limits/enforcement.ts'
import type { Work } from '../../work.ts'
import type { Cleanup } from '../cleanup.ts'
import { collectionBy } from '../collect/collect-pattern.ts'
import type { RunDirectory } from '../confined/run-directory.ts'
import type { Separation } from '../isolation/isolation-of.ts'
import type { Image } from '../launch/launch.ts'
import type { PlannedOptions } from '../options/run-options.ts'
import type { PoolShape } from '../pool/waiting-launcher.ts'

/** A launch program for all runs under a policy, and its filter. */
export interface PolicyImage {
  readonly image: Image
  readonly filter: FilterUse
  /**
   * The host paths that the image binds. The sandbox shows the files that are at these paths when the launch program
   * builds the root.
   */
  readonly sources: readonly string[]
}

/** The plan of a run: all values that the start of the run needs. */
export interface RunPlan {
  readonly image: Image
  readonly filter: FilterUse
  /** How the limits will be enforced. */
  readonly held: EnforcementPlan
  /** The properties that a launch program must have at its own start, so that it can serve this run. */
  readonly shape: PoolShape
  /** The program's user on the host. */
  readonly flow: Flow
  /** The mounts for this run only. */
  readonly mounts: readonly LateMount[]
  /** The size of the caller's files in the sandbox's tmpfs. */
  readonly suppliedBytes: number
  /** Whether the program gets a file that it may execute but not read. */
  readonly hasUnreadable: boolean
  /** The number of files and directories for which the request has steps of their own. */
  readonly entries: number
  /** Makes the run's request, which completes the image. */
  readonly makeRequest: () => Assembled
  /** Makes the run's request with pauses for other work. */
  readonly requestInPieces: () => Work<Assembled>
  /** The only directory where the program can write, for a run without namespaces. */
  readonly directory?: RunDirectory
}

/** The inputs of a plan that depend on this machine and this attempt. */
export interface PlanUse {
  readonly separation: Separation
  /** The processors of the run's turn. */
  readonly processors: readonly number[]
  readonly terminal: TerminalUse | undefined
  readonly isStopped: () => boolean
  readonly cleanup: Cleanup
}

/** Returns the properties that a launch program must have at its own start, so that it can serve the run. */
export function shapeOf(
  { stdin, stdout, stderr, collect, limits }: PlannedOptions,
  { image, sources }: PolicyImage,
  { delegation }: EnforcementPlan,
): PoolShape {
  return {
    image,
    sources,
    stdin: stdin.kind === 'inherit' ? 'inherit' : 'pipe',
    stdout,
    stderr,
    collects: collect.length === 0 ? 'nothing' : collectionBy(collect),
    group: delegation && { delegation, limits },
  }
}
