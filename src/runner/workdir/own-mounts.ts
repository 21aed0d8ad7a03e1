import { statSync } from 'node:fs'
import { SandboxError } from '../../errors/sandbox-error.ts'
import {
  type HostPath,
  isBelow,
  isDevice,
  mountsBelow,
  readMountinfo,
  resolveMounts,
} from '../../launcher/plan/host.ts'
import type { Mount } from '../../launcher/sandbox-shape.ts'
import { hostPathTrouble, lookUpHostPath } from '../io/host-file.ts'
import type { OwnMount } from '../options/run-options.ts'

/**
 * Resolves the mounts of a run on the host. A read-only directory becomes an overlay.
 *
 * @throws {SandboxError} MOUNT_FAILED for a source that is missing, or a link that is not followed
 */
export function resolveOwnMounts(mounts: readonly OwnMount[], policyName: string): HostPath[] {
  if (mounts.length === 0) return []
  const checked = mounts.map((mount) => (mount.followLinks ? mount : withoutLink(mount)))
  return resolveMounts(checked, policyName).map(withoutEffect)
}

/**
 * Resolves the mounts of a policy on the host. A read-only directory becomes an overlay. But a system directory stays a
 * bind, because no ordinary user can make sockets or FIFOs there.
 *
 * @throws {SandboxError} MOUNT_FAILED when a source is missing and not optional
 */
export const resolvePolicyMounts = (mounts: readonly Mount[], policyName: string): HostPath[] =>
  resolveMounts(mounts, policyName).map((mount) =>
    mount.type === 'bind' && isOfSystem(mount.source) ? mount : withoutEffect(mount),
  )

/**
 * Changes a mount so that the program has no effect on the host. By a bind, the program could connect to the host's
 * sockets, write to the host's FIFOs, and lock the host's files. An overlay shows only one file system. A source that
 * contains mounts, such as `/`, therefore stays a bind.
 */
const withoutEffect = (mount: HostPath): HostPath =>
  mount.type === 'bind' && mount.isDirectory && !mount.writable && isOneFileSystem(mount.source)
    ? { ...mount, type: 'copy-on-write', readOnly: true }
    : mount

/** Directories with the files of users (hier(7)) or the sockets of programs. */
const OF_USERS = ['/home', '/root', '/srv', '/run', '/tmp', '/var/tmp', '/mnt', '/media']
/** The bits of a mode that let users other than the owner write. */
const OTHERS_WRITE = 0o022

function isOfSystem(source: string): boolean {
  if (isOfKernel(source)) return true
  if (OF_USERS.some((path) => source === path || isBelow(source, path))) return false
  const { uid, mode } = statSync(source)
  return uid === 0 && (mode & OTHERS_WRITE) === 0
}

/** Whether a path is in a file system of the kernel, in which no user has files. */
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
