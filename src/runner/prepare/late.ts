import { type HostPath, isBelow } from '../../launcher/plan/host.ts'
import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import type { WorkdirOption } from '../options/sandbox-options.ts'
import { type Host, resolveOverlay, resolveWorkdir } from '../workdir/resolve.ts'

export interface LateOptions {
  readonly workdir: WorkdirOption | undefined
  readonly workdirTarget: string
  /** The policy's mounts that are not in the image, then the run's mounts. */
  readonly mounts: readonly HostPath[]
  readonly host: Host
}

/**
 * Returns the mounts of one run in order: first the mounts that contain the working directory, then the working
 * directory, then all other mounts.
 *
 * @throws {SandboxError} MOUNT_FAILED for a directory that is missing, is not a directory, or cannot be read
 */
export function lateMounts({ workdir, workdirTarget, mounts, host }: LateOptions): LateMount[] {
  const resolved = mounts.map((mount) =>
    mount.type === 'copy-on-write' ? resolveOverlay(mount, host) : mount,
  )
  const isAbove = ({ target }: LateMount) => isBelow(workdirTarget, target)
  return [
    ...resolved.filter(isAbove),
    resolveWorkdir(workdir, workdirTarget, host),
    ...resolved.filter((mount) => !isAbove(mount)),
  ]
}
