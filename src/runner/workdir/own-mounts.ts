import { SandboxError } from '../../errors/sandbox-error.ts'
import {
  type HostPath,
  isBelow,
  isDevice,
  mountsBelow,
  readMountinfo,
  resolveMounts,
} from '../../launcher/plan/host.ts'
import { hostPathTrouble, lookUpHostPath } from '../io/host-file.ts'
import type { OwnMount } from '../options/normalize.ts'

/**
 * Resolves the mounts of a run on the host. A read-only directory becomes an overlay, because through a bind
 * the program could connect to the host's sockets, write to its FIFOs, and block its writers by a lease. An
 * overlay shows one file system, so a source that contains other mounts, such as `/`, stays a bind.
 *
 * @throws {SandboxError} MOUNT_FAILED for a source that is missing, or a link that is not followed
 */
export function resolveOwnMounts(mounts: readonly OwnMount[], policyName: string): HostPath[] {
  if (mounts.length === 0) return []
  const checked = mounts.map((mount) => (mount.followLinks ? mount : withoutLink(mount)))
  return resolveMounts(checked, policyName).map((mount) =>
    mount.type === 'bind' && mount.isDirectory && !mount.writable && isOneFileSystem(mount.source)
      ? { ...mount, type: 'copy-on-write', readOnly: true }
      : mount,
  )
}

/** File systems of the kernel, in which no user has files. */
const isOfKernel = (source: string): boolean =>
  isDevice(source) || ['/proc', '/sys'].some((path) => source === path || isBelow(source, path))

const isOneFileSystem = (source: string): boolean =>
  !isOfKernel(source) && mountsBelow(source, readMountinfo()).length === 1

function withoutLink(mount: OwnMount): OwnMount {
  const option = { path: mount.source, followLinks: false }
  try {
    return { ...mount, source: lookUpHostPath(option).path }
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    // resolveMounts() decides about a source that is missing.
    if (cause.code !== 'ELOOP') return mount
    const { why, hint } = hostPathTrouble(cause, option)
    const source = JSON.stringify(mount.source)
    throw new SandboxError(
      `The mount source ${source} (target ${JSON.stringify(mount.target)}) ${why}`,
      {
        code: 'MOUNT_FAILED',
        step: { syscall: 'openat2', call: `openat2(${source})`, errno: 'ELOOP', process: 'spawn' },
        hint,
        cause,
      },
    )
  }
}
