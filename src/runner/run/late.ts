import type { Flow } from '../../launcher/plan/flow.ts'
import { type HostPath, isBelow } from '../../launcher/plan/host.ts'
import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import type { WorkdirOption } from '../options/options.ts'
import { resolveOverlay, resolveWorkdir } from '../workdir/resolve.ts'

export interface LateOptions {
  readonly workdir: WorkdirOption | undefined
  readonly workdirTarget: string
  /** The policy's own that each run makes, then the run's. */
  readonly mounts: readonly HostPath[]
  readonly flow: Flow
}

/**
 * What is mounted for one run: the working directory, below it what is to be inside it, above it what it
 * is to be inside of.
 *
 * @throws {SandboxError} MOUNT_FAILED for a directory that is missing, is none, or cannot be read
 */
export function lateMounts({ workdir, workdirTarget, mounts, flow }: LateOptions): LateMount[] {
  const resolved = mounts.map((mount) =>
    mount.type === 'copy-on-write' ? resolveOverlay(mount, flow) : mount,
  )
  const isAbove = ({ target }: LateMount) => isBelow(workdirTarget, target)
  return [
    ...resolved.filter(isAbove),
    resolveWorkdir(workdir, workdirTarget, flow),
    ...resolved.filter((mount) => !isAbove(mount)),
  ]
}
