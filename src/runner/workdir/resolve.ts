import { realpathSync, statSync } from 'node:fs'
import { isSandboxError, SandboxError } from '../../errors/sandbox-error.ts'
import type { Flow } from '../launcher/plan/flow.ts'
import type { HostMount } from '../launcher/plan/mounts.ts'
import type { Workdir } from '../launcher/plan/workdir.ts'
import type { WorkdirOption } from '../options/options.ts'
import { scanWorkdir } from './scan.ts'

/** Devices whose file systems the kernel did not take as an overlay's lower layer. */
const withoutOverlay = new Set<number>()

/** Remembers that a directory cannot be overlaid, so that from now on it is copied. */
export function noteOverlayRefusal(source: string): void {
  withoutOverlay.add(statSync(source).dev)
}

/**
 * Decides how a host directory comes to /work.
 *
 * | asked for      | ordinary user, all files theirs | else ordinary user | root                      |
 * |----------------|---------------------------------|--------------------|---------------------------|
 * | copy-on-write  | overlay                         | copy               | overlay, owners changed   |
 * | read-only      | read-only bind                  | read-only bind     | the same, then read-only  |
 * | read-write     | bind                            | bind               | idmapped bind             |
 *
 * An overlay obeys the owners of the files below it, and the program is nobody's owner: without the
 * change it could not write, as root also not read, what `/work` shows. Where the kernel refuses the
 * overlay, a copy takes its place.
 *
 * @throws {SandboxError} MOUNT_FAILED when the directory is missing, is none, or cannot be read
 */
export function resolveWorkdir(
  option: WorkdirOption | undefined,
  flow: Flow,
  remount?: (source: string) => readonly HostMount[],
): Workdir {
  if (option === undefined) return { how: 'empty' }
  try {
    const source = realpathSync(option.source)
    const { dev, uid, gid } = statDirectory(source)
    const readOnly = option.mode === 'read-only'
    if (option.mode === 'read-write' && flow.kind === 'root') {
      if (uid === 0 || gid === 0) throw rootOwnedError(source)
      return { how: 'idmapped', source, disk: { uid, gid } }
    }
    if (option.mode === 'read-write' || (readOnly && flow.kind === 'user')) {
      return { how: 'bind', source, readOnly, remount: remount?.(source) }
    }
    const { entries, ownedBy } = scanWorkdir(source)
    const copy = withoutOverlay.has(dev) || (flow.kind === 'user' && !ownedBy(flow.uid, flow.gid))
    if (copy) return { how: 'copy', source, entries, readOnly }
    const chown = flow.kind === 'root' ? entries : []
    return { how: 'overlay', source, options: overlayOptions(flow), chown, readOnly }
  } catch (cause) {
    if (isSandboxError(cause)) throw cause
    throw workdirError(option.source, cause as NodeJS.ErrnoException)
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

function workdirError(source: string, cause: NodeJS.ErrnoException): SandboxError {
  const errno = cause.code ?? 'EIO'
  const where = cause.path === undefined || cause.path === source ? '' : ` (at ${cause.path})`
  return new SandboxError(
    `The working directory ${JSON.stringify(source)} ${reasons[errno] ?? `cannot be used: ${errno}`}${where}`,
    {
      code: 'MOUNT_FAILED',
      step: {
        syscall: cause.syscall ?? 'stat',
        call: `${cause.syscall ?? 'stat'}(${JSON.stringify(cause.path ?? source)})`,
        errno,
        process: 'spawn',
      },
      hint: 'The option workdir takes a directory of the host; a relative path is relative to process.cwd().',
      cause,
    },
  )
}
