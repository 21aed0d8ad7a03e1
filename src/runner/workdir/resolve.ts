import { realpathSync, statSync } from 'node:fs'
import { isSandboxError, SandboxError } from '../../errors/sandbox-error.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import type { HostPath } from '../../launcher/plan/host.ts'
import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import type { Tree } from '../../launcher/plan/trees.ts'
import type { WorkdirOption } from '../options/options.ts'
import { scanDirectory } from './scan.ts'

/** Devices whose file systems the kernel did not take as an overlay's lower layer. */
const withoutOverlay = new Set<number>()

/** Remembers that a directory cannot be overlaid, so that from now on it is copied. */
export function noteOverlayRefusal(source: string): void {
  withoutOverlay.add(statSync(source).dev)
}

/**
 * Decides how the working directory comes into the sandbox.
 *
 * | asked for      | ordinary user, all files theirs | else ordinary user | root                      |
 * |----------------|---------------------------------|--------------------|---------------------------|
 * | copy-on-write  | overlay                         | copy               | overlay, owners changed   |
 * | read-only      | read-only bind                  | read-only bind     | the same, then read-only  |
 * | read-write     | bind                            | bind               | idmapped bind             |
 *
 * @param target where the program sees it; without an option it is empty
 * @throws {SandboxError} MOUNT_FAILED when the directory is missing, is none, or cannot be read
 */
export function resolveWorkdir(
  option: WorkdirOption | undefined,
  target: string,
  flow: Flow,
): LateMount {
  if (option === undefined) return { type: 'empty', target }
  return explained(`The working directory ${JSON.stringify(option.source)}`, option.source, () => {
    const source = realpathSync(option.source)
    const { uid, gid } = statDirectory(source)
    const readOnly = option.mode === 'read-only'
    if (option.mode === 'read-write' && flow.kind === 'root') {
      if (uid === 0 || gid === 0) throw rootOwnedError(source)
      return { type: 'idmapped', source, target, disk: { uid, gid } }
    }
    if (option.mode === 'read-write' || (readOnly && flow.kind === 'user')) {
      return { type: 'bind', source, target, isDirectory: true, writable: !readOnly }
    }
    return copyOnWrite({ source, target, readOnly }, flow)
  })
}

/**
 * Decides how a mount that is copy-on-write comes into the sandbox.
 *
 * @throws {SandboxError} MOUNT_FAILED when the directory is missing, is none, or cannot be read
 */
export function resolveOverlay(mount: HostPath & { type: 'copy-on-write' }, flow: Flow): Tree {
  const { type: _, ...options } = mount
  const what = `The mount source ${JSON.stringify(mount.source)} (target ${JSON.stringify(mount.target)})`
  return explained(what, mount.source, () => copyOnWrite({ ...options, readOnly: false }, flow))
}

/**
 * An overlay obeys the owners of the files below it, and the program is nobody's owner: without the
 * change it could not write, as root also not read, what the overlay shows. Where the kernel refuses
 * one, or other file systems are mounted in the directory, which it would not show, a copy takes its
 * place.
 */
function copyOnWrite(
  options: { source: string; target: string; readOnly: boolean; noexec?: boolean },
  flow: Flow,
): Tree {
  const { dev, mode } = statDirectory(options.source)
  const { entries, ownedBy, hasMounts } = scanDirectory(options.source)
  const common = { ...options, mode: mode & 0o1777 }
  const isForeign = flow.kind === 'user' && !ownedBy(flow.uid, flow.gid)
  if (withoutOverlay.has(dev) || hasMounts || isForeign) {
    return { type: 'copy', ...common, entries }
  }
  const chown = flow.kind === 'root' ? entries : []
  return { type: 'overlay', ...common, options: overlayOptions(flow), chown }
}

function explained<T>(what: string, source: string, resolve: () => T): T {
  try {
    return resolve()
  } catch (cause) {
    if (isSandboxError(cause)) throw cause
    throw directoryError(what, source, cause as NodeJS.ErrnoException)
  }
}

// What the program makes there would be root's on the host: also a program with its set-user-ID bit.
const rootOwnedError = (source: string): SandboxError =>
  new SandboxError(
    `The working directory ${JSON.stringify(source)} belongs to root (user or group 0), and is asked for read-write`,
    {
      code: 'MOUNT_FAILED',
      hint: 'Give the directory another owner and group (chown), or show it copy-on-write and bring files back with `collect`.',
    },
  )

// overlayfs.rst: `userxattr` is what an unprivileged mounter may use; `metacopy` makes a change of
// owner copy no data.
const overlayOptions = (flow: Flow): string =>
  flow.kind === 'root' && flow.initial ? ',metacopy=on' : ',userxattr'

function statDirectory(source: string) {
  const stats = statSync(source)
  if (stats.isDirectory()) return stats
  throw Object.assign(new Error(), { code: 'ENOTDIR', syscall: 'stat', path: source })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is not a directory',
  EACCES: 'cannot be read by this user',
}

function directoryError(what: string, source: string, cause: NodeJS.ErrnoException): SandboxError {
  const errno = cause.code ?? 'EIO'
  const where = cause.path === undefined || cause.path === source ? '' : ` (at ${cause.path})`
  return new SandboxError(`${what} ${reasons[errno] ?? `cannot be used: ${errno}`}${where}`, {
    code: 'MOUNT_FAILED',
    step: {
      syscall: cause.syscall ?? 'stat',
      call: `${cause.syscall ?? 'stat'}(${JSON.stringify(cause.path ?? source)})`,
      errno,
      process: 'spawn',
    },
    hint: what.startsWith('The working')
      ? 'The option workdir takes a directory of the host; a relative path is relative to process.cwd().'
      : 'An overlay shows a directory of the host, all of which whoever runs the tests must be able to read.',
    cause,
  })
}
