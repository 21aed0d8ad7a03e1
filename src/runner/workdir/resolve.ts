import { type Stats, statSync } from 'node:fs'
import { isSandboxError, SandboxError } from '../../errors/sandbox-error.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import { type HostPath, mountsBelow, readMountinfo } from '../../launcher/plan/host.ts'
import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import type { Tree } from '../../launcher/plan/trees.ts'
import { type HostPathOption, hostPathTrouble, lookUpHostPath } from '../io/host-file.ts'
import type { WorkdirOption } from '../options/sandbox-options.ts'
import type { Listing } from './scan.ts'

/** Devices whose file systems the kernel refused as an overlay's lower layer. */
const withoutOverlay = new Set<number>()

/** Notes that the kernel refused an overlay over a directory, so that later runs copy the directory. */
export function noteOverlayRefusal(source: string): void {
  withoutOverlay.add(statSync(source).dev)
}

/** The user and the listed directories of a run. This module resolves the run's mounts by these values. */
export interface Host {
  readonly flow: Flow
  readonly listing: Listing
}

/**
 * The directories that a run must list, so that it can copy their files or change the owners of these files. An
 * ordinary user's run does not list a read-only directory here. Listing.of() lists that directory later if the run must
 * copy the directory.
 */
export function directoriesToList(
  workdir: WorkdirOption | undefined,
  mounts: readonly HostPath[],
  flow: Flow,
): string[] {
  const overlays = mounts.flatMap((mount) =>
    mount.type === 'copy-on-write' && mount.readOnly !== true ? [mount.source] : [],
  )
  if (workdir === undefined || workdir.mode === 'read-write') return overlays
  if (workdir.mode === 'read-only' && flow.kind === 'user') return overlays
  try {
    const { path, stats } = lookUpHostPath({ ...workdir, path: workdir.source })
    return stats.isDirectory() ? [path, ...overlays] : overlays
  } catch {
    // resolveWorkdir() explains the error.
    return overlays
  }
}

/**
 * Decides by which mount the sandbox shows the working directory.
 *
 * | asked for      | ordinary user, all files theirs | else ordinary user | root                      |
 * |----------------|---------------------------------|--------------------|---------------------------|
 * | copy-on-write  | overlay                         | copy               | overlay, owners changed   |
 * | read-only      | read-only overlay               | the same           | the same, owners changed  |
 * | read-write     | bind                            | bind               | idmapped bind             |
 *
 * @param option without an option, the working directory is empty
 * @param target the path of the working directory in the sandbox
 * @throws {SandboxError} MOUNT_FAILED when the directory is missing, is not a directory, or cannot be read
 */
export function resolveWorkdir(
  option: WorkdirOption | undefined,
  target: string,
  host: Host,
): LateMount {
  const { flow } = host
  if (option === undefined) return { type: 'empty', target }
  const path = { path: option.source, followLinks: option.followLinks }
  return explained(`The working directory ${JSON.stringify(option.source)}`, path, () => {
    const { path: source, stats } = lookUpHostPath(path)
    const { uid, gid } = checkDirectory(source, stats)
    if (option.mode !== 'read-write') {
      const readOnly = option.mode === 'read-only'
      if (readOnly && flow.kind === 'user') return asItIs({ source, target, readOnly }, host)
      return copyOnWrite({ source, target, readOnly }, host)
    }
    if (flow.kind === 'user') {
      return { type: 'bind', source, target, isDirectory: true, writable: true }
    }
    if (uid === 0 || gid === 0) throw rootOwnedError(source)
    return { type: 'idmapped', source, target, disk: { uid, gid } }
  })
}

/**
 * Decides by which mount the sandbox shows a copy-on-write directory.
 *
 * @throws {SandboxError} MOUNT_FAILED when the directory is missing, is not a directory, or cannot be read
 */
export function resolveOverlay(mount: HostPath & { type: 'copy-on-write' }, host: Host): Tree {
  const { type: _, readOnly = false, ...options } = mount
  const what = `The mount source ${JSON.stringify(mount.source)} (target ${JSON.stringify(mount.target)})`
  const path = { path: mount.source, followLinks: true }
  return explained(what, path, () =>
    readOnly ? asItIs({ ...options, readOnly }, host) : copyOnWrite({ ...options, readOnly }, host),
  )
}

interface Shown {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly noexec?: boolean
}

/** Shows a directory read-only, with the owners and modes of its files, without listing them. */
function asItIs(options: Shown, { flow, listing }: Host): Tree {
  const { dev, mode } = statDirectory(options.source)
  const hasMounts = mountsBelow(options.source, readMountinfo()).length > 1
  const common = { ...options, mode: mode & 0o1777 }
  if (withoutOverlay.has(dev) || hasMounts) {
    return { type: 'copy', ...common, entries: listing.of(options.source).entries }
  }
  return { type: 'overlay', ...common, options: overlayOptions(flow), chown: [] }
}

/**
 * Shows a directory by an overlay or a copy. In an overlay, the files keep their owners. A program that does not own
 * the files could not write them, and in a run of root it could not even read them. A run of root therefore changes the
 * owners, and an ordinary user's run copies the files of other users. A copy also replaces the overlay if the kernel
 * refuses an overlay, or if the directory contains mounts.
 */
function copyOnWrite(options: Shown, { flow, listing }: Host): Tree {
  const { dev, mode } = statDirectory(options.source)
  const { entries, ownedBy, hasMounts } = listing.of(options.source)
  const common = { ...options, mode: mode & 0o1777 }
  const isForeign = flow.kind === 'user' && !ownedBy(flow.uid, flow.gid)
  if (withoutOverlay.has(dev) || hasMounts || isForeign) {
    return { type: 'copy', ...common, entries }
  }
  const chown = flow.kind === 'root' ? entries : []
  return { type: 'overlay', ...common, options: overlayOptions(flow), chown }
}

function explained<T>(what: string, path: HostPathOption, resolve: () => T): T {
  try {
    return resolve()
  } catch (cause) {
    if (isSandboxError(cause)) throw cause
    throw directoryError(what, path, cause as NodeJS.ErrnoException)
  }
}

// Root would own the files that the program makes on the host, even those with a set-user-ID bit.
const rootOwnedError = (source: string): SandboxError =>
  new SandboxError(
    `The working directory ${JSON.stringify(source)} belongs to root (user or group 0), so it cannot be shown read-write`,
    {
      code: 'MOUNT_FAILED',
      hint: 'Give the directory another owner and group (chown), or show it copy-on-write and bring files back with `collect`.',
    },
  )

// An unprivileged user must mount with `userxattr`. With `metacopy`, a change of owner copies no data (overlayfs.rst).
const overlayOptions = (flow: Flow): string =>
  flow.kind === 'root' && flow.initial ? ',metacopy=on' : ',userxattr'

const statDirectory = (source: string): Stats => checkDirectory(source, statSync(source))

/** Refuses anything that is not a directory, as opendir(3) does. */
export function checkDirectory(source: string, stats: Stats): Stats {
  if (stats.isDirectory()) return stats
  throw Object.assign(new Error(), { code: 'ENOTDIR', syscall: 'stat', path: source })
}

/** The error for a directory of the host that cannot be shown. */
export function directoryError(
  what: string,
  option: HostPathOption,
  cause: NodeJS.ErrnoException,
): SandboxError {
  const errno = cause.code ?? 'EIO'
  const { why, hint } = hostPathTrouble(cause, option)
  const path = cause.path ?? option.path
  const where = path === option.path ? '' : ` (at ${JSON.stringify(path)})`
  return new SandboxError(`${what} ${why}${where}`, {
    code: 'MOUNT_FAILED',
    step: {
      syscall: cause.syscall ?? 'stat',
      call: `${cause.syscall ?? 'stat'}(${JSON.stringify(path)})`,
      errno,
      process: 'spawn',
    },
    hint:
      hint ??
      (what.startsWith('The working')
        ? 'The option workdir takes a directory of the host; a relative path is relative to process.cwd().'
        : 'An overlay shows a directory of the host. The user who runs the tests must be able to read all of it.'),
    cause,
  })
}
