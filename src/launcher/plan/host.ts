import { lstatSync, readFileSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { posix } from 'node:path'
import { isSandboxError, SandboxError } from '../../errors/sandbox-error.ts'
import {
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_RELATIME,
} from '../../linux/constants.ts'
import type { BindMount, Mount, OverlayMount, SymlinkMount, TmpfsMount } from '../sandbox-shape.ts'
import type { HostMount } from './mount-steps.ts'

/** A mount of a policy, resolved on this host. */
export type HostPath =
  | {
      readonly type: 'bind'
      /** Every symbolic link resolved. */
      readonly source: string
      readonly target: string
      readonly isDirectory: boolean
      readonly writable: boolean
      readonly noexec?: boolean
    }
  | {
      /** A directory that the sandbox shows copy-on-write. Each run decides how to make the overlay. */
      readonly type: 'copy-on-write'
      readonly source: string
      readonly target: string
      /** Whether the program may only read the directory. */
      readonly readOnly?: boolean
      readonly noexec?: boolean
    }
  | SymlinkMount
  | TmpfsMount

/** A mount that all runs of a policy share, and that the image makes before there is a request. */
export type EarlyMount = Exclude<HostPath, { type: 'copy-on-write' }>

/**
 * Resolves a policy's mounts on the host. A source that is a symbolic link into another mount (`/bin` on a
 * merged-/usr system) becomes the same link in the sandbox, which saves a mount.
 *
 * @throws {SandboxError} MOUNT_FAILED when a source is missing and not optional
 */
export function resolveMounts(mounts: readonly Mount[], policyName: string): HostPath[] {
  const present = mounts.flatMap((mount) => {
    const needsSource = mount.type === 'bind' || mount.type === 'overlay'
    const found = needsSource ? lookUp(mount, policyName) : NO_SOURCE
    return found === undefined ? [] : [{ mount, found }]
  })
  // Keeps the last mount of each target, because it covers the others.
  const last = new Map(present.map((each) => [each.mount.target, each]))
  const seen = [...last.values()].map(({ mount }) => mount)
  return [...last.values()].flatMap(({ mount, found }): HostPath[] => {
    if (mount.type !== 'bind' && mount.type !== 'overlay') return [mount]
    if (mount.type === 'overlay') return [copyOnWrite(mount, found, policyName)]
    const mayLink = mount.source === mount.target && mount.noexec !== true
    const link = mayLink && linkInto(mount, seen)
    if (link) return [{ type: 'symlink', link, target: mount.target }]
    const { target, writable, noexec } = mount
    const flags = { writable, ...(noexec === true ? { noexec } : {}) }
    return [{ type: 'bind', source: found.path, target, isDirectory: found.isDirectory, ...flags }]
  })
}

/** Sorts mounts so that no mount hides another one inside it. */
export const byDepth = (a: HostPath, b: HostPath): number => depth(a.target) - depth(b.target)
const depth = (path: string): number => path.split('/').length

function copyOnWrite(mount: OverlayMount, found: Found, policyName: string): HostPath {
  if (!found.isDirectory) throw mountSourceError(mount, 'ENOTDIR', policyName, undefined)
  const { target, noexec } = mount
  const flags = noexec === true ? { noexec } : {}
  return { type: 'copy-on-write', source: found.path, target, ...flags }
}

/** Whether device nodes of a host path must work in the sandbox. */
export const isDevice = (source: string): boolean => source === '/dev' || source.startsWith('/dev/')

export const isBelow = (path: string, directory: string): boolean =>
  path.startsWith(`${directory}/`)

/**
 * Whether a target is inside the working directory or another mount. Such a place may contain planted links,
 * and changes from run to run.
 */
export function isInsideMount(
  target: string,
  mounts: readonly { readonly target: string }[],
  workdirTarget: string,
): boolean {
  if (target === workdirTarget || isBelow(target, workdirTarget)) return true
  return mounts.some((mount) => isBelow(target, mount.target))
}

interface Found {
  readonly path: string
  readonly isDirectory: boolean
}

const NO_SOURCE: Found = { path: '', isDirectory: true }

function lookUp(mount: BindMount | OverlayMount, policyName: string): Found | undefined {
  try {
    const path = realpathSync(mount.source)
    const stats = statSync(path)
    if (mount.type === 'bind' && !mount.writable) refuseChannel(mount, stats, policyName)
    return { path, isDirectory: stats.isDirectory() }
  } catch (cause) {
    if (isSandboxError(cause)) throw cause
    const errno = (cause as NodeJS.ErrnoException).code ?? 'EIO'
    if (mount.optional && errno === 'ENOENT') return undefined
    throw mountSourceError(mount, errno, policyName, cause)
  }
}

// A program can use a socket or a FIFO even on a read-only mount (mount(2), MS_RDONLY).
function refuseChannel({ source, target }: BindMount, stats: Stats, policy: string): void {
  const kind = stats.isSocket() ? 'a socket' : stats.isFIFO() ? 'a FIFO' : undefined
  if (kind === undefined) return
  throw new SandboxError(
    `The mount source ${JSON.stringify(source)} (target ${JSON.stringify(target)}, policy "${policy}") is ${kind}, which is not shown read-only`,
    {
      code: 'MOUNT_FAILED',
      step: {
        syscall: 'stat',
        call: `stat(${JSON.stringify(source)})`,
        errno: 'EINVAL',
        process: 'spawn',
      },
      hint: 'Through this mount the program would reach a process of this machine. If that is intended, make the mount writable. Otherwise leave it out.',
    },
  )
}

function mountSourceError(
  mount: BindMount | OverlayMount,
  errno: string,
  policy: string,
  cause: unknown,
) {
  const isFile = mount.type === 'overlay' && errno === 'ENOTDIR'
  const why = isFile ? 'is not a directory' : `cannot be used (${errno})`
  return new SandboxError(
    `The mount source ${JSON.stringify(mount.source)} (target ${JSON.stringify(mount.target)}, policy "${policy}") ${errno === 'ENOENT' ? 'does not exist on this host' : why}`,
    {
      code: 'MOUNT_FAILED',
      step: {
        syscall: 'stat',
        call: `stat(${JSON.stringify(mount.source)})`,
        errno,
        process: 'spawn',
      },
      hint: isFile
        ? 'An overlay shows a directory. Bind a single file, or write it with `files`.'
        : 'Correct the path, or mark the mount `optional = true` if programs can do without it.',
      cause,
    },
  )
}

function linkInto(mount: BindMount, mounts: readonly Mount[]): string | undefined {
  if (!lstatSync(mount.source).isSymbolicLink()) return undefined
  // A mount cannot be made below a link.
  if (mounts.some(({ target }) => isBelow(target, mount.target))) return undefined
  const link = readlinkSync(mount.source)
  const destination = posix.resolve(posix.dirname(mount.source), link)
  const isShown = mounts.some(
    (other) =>
      other.type === 'bind' &&
      other !== mount &&
      other.source === other.target &&
      destination.startsWith(`${other.source}/`) &&
      !lstatSync(other.source, { throwIfNoEntry: false })?.isSymbolicLink(),
  )
  return isShown && realpathSync(destination) === destination ? link : undefined
}

const FLAGS: Readonly<Record<string, number>> = {
  ro: MS_RDONLY,
  nosuid: MS_NOSUID,
  nodev: MS_NODEV,
  noexec: MS_NOEXEC,
  noatime: MS_NOATIME,
  nodiratime: MS_NODIRATIME,
  relatime: MS_RELATIME,
}

/** The mounts at or below a path, from the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export function mountsBelow(source: string, mountinfo: string): HostMount[] {
  const all = mountinfo.split('\n').flatMap((line): HostMount[] => {
    const [, , , , path, options] = line.split(' ')
    if (path === undefined || options === undefined) return []
    const flags = options.split(',').reduce((sum, option) => sum | (FLAGS[option] ?? 0), 0)
    return [{ path: unescapeOctal(path), flags }]
  })
  const isAbove = ({ path }: HostMount) =>
    path === '/' || source === path || source.startsWith(`${path}/`)
  // The mount that contains the source has the longest path above the source. The last of several equal paths counts.
  const own = all.filter(isAbove).reduce<HostMount | undefined>((best, mount) => {
    return best === undefined || mount.path.length >= best.path.length ? mount : best
  }, undefined)
  const prefix = source === '/' ? '/' : `${source}/`
  const below = all.filter(({ path }) => path !== source && path.startsWith(prefix))
  return [{ path: source, flags: own?.flags ?? 0 }, ...below]
}

const unescapeOctal = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )

export const readMountinfo = (): string => readFileSync('/proc/self/mountinfo', 'utf8')

/** A path of /proc that the sandbox covers. */
export interface MaskedPath {
  readonly path: string
  readonly isDirectory: boolean
}

/** Docker's list of masked paths, and the statistics of the machine's file systems. */
const ABOUT_THE_HARDWARE = [
  ...['acpi', 'asound', 'fs', 'interrupts', 'kcore', 'latency_stats', 'sched_debug', 'scsi'],
  ...['timer_list', 'timer_stats'],
]

/**
 * The files of this host's /proc that every user may read and that describe the machine's hardware, disks and
 * other programs. A file that only root may read needs no cover, because the program is never root for the
 * kernel.
 */
export const maskedPaths = (): MaskedPath[] =>
  ABOUT_THE_HARDWARE.flatMap((name) => {
    const path = `/proc/${name}`
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined || (stat.mode & 0o004) === 0) return []
    return [{ path, isDirectory: stat.isDirectory() }]
  })
