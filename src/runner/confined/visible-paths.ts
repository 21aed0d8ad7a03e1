import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { SandboxError } from '../../errors/sandbox-error.ts'
import type { PathRule } from '../../launcher/plan/confined/landlock.ts'
import { isBelow, isDevice } from '../../launcher/plan/host.ts'
import type { BindMount, Mount, OverlayMount } from '../../launcher/sandbox-shape.ts'
import type { Policy } from '../../policy/policy.ts'

/** Devices that every sandbox has. These devices store nothing. */
const DEVICES = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom']

/**
 * Files of the shipped policies that name users and hosts. Programs work without these files, just as programs work
 * under a user id without a name.
 */
const NAME_FILES = ['/etc/passwd', '/etc/group', '/etc/nsswitch.conf', '/etc/hosts']

/** The run's own directories, by the names that programs know. */
const OWN_TARGETS = ['/work', '/tmp'] as const

export const isOwn = (path: string): boolean =>
  OWN_TARGETS.some((own) => path === own || isBelow(path, own))

/** The error for something that only namespaces can do. */
export const impossible = (what: string, hint: string): SandboxError =>
  new SandboxError(`isolation: "confined" cannot do this: ${what}`, {
    code: 'ISOLATION_UNAVAILABLE',
    hint,
  })

/**
 * Turns the paths that a policy shows into Landlock rules.
 *
 * @param base the directory of all runs, which no rule may show
 * @throws {SandboxError} ISOLATION_UNAVAILABLE for a policy that needs namespaces, such as for a mount whose target is
 *   not its source; MOUNT_FAILED for a missing source
 */
export function visibleRules(policy: Policy, base: string): PathRule[] {
  if (policy.network === 'host') {
    throw impossible(
      'network = "host"',
      'A run without namespaces has no sockets. Use a policy without network.',
    )
  }
  const hasDev = policy.mounts.some(({ target }) => target === '/dev')
  return [
    ...mountRules(policy.mounts, policy.name, base),
    ...(hasDev ? [] : DEVICES.filter(existsSync)).map((path) => rule(path, 'device')),
    ...(policy.proc === 'none' ? [] : [rule('/proc', 'read')]),
  ]
}

const rule = (path: string, access: PathRule['access']): PathRule => ({ path, access })

/** Turns mounts into Landlock rules. Throws the same errors as visibleRules(). */
export function mountRules(mounts: readonly Mount[], policyName: string, base: string): PathRule[] {
  return mounts.flatMap((mount) => {
    if (mount.type === 'symlink') return linkRules(mount)
    if (mount.type === 'tmpfs') {
      if (isOwn(mount.target) || mount.target === '/dev/shm') return []
      throw impossible(
        `a tmpfs at ${JSON.stringify(mount.target)}`,
        'Only /work and /tmp can be written; TMPDIR names the latter.',
      )
    }
    return pathRules(mount, policyName, base)
  })
}

/**
 * Whether a program can change the mode or the times of one of the paths (chmod(2), utimensat(2)). A program can do so
 * if the program's user owns the path or may write to the path.
 */
export const showsChangeable = (rules: readonly PathRule[], as: 'root' | 'user'): boolean =>
  rules.some(({ path, access }) => access !== 'device' && isChangeable(path, as))

function isChangeable(path: string, as: 'root' | 'user'): boolean {
  const { mode, uid } = statSync(path)
  // When Gradebox runs as root, each program has its own user, and only its own group. Only the mode for others counts.
  if (as === 'root') return (mode & 0o002) !== 0
  if (uid === process.geteuid?.()) return true
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function linkRules({ link, target }: Mount & { type: 'symlink' }): PathRule[] {
  const stats = lstatSync(target, { throwIfNoEntry: false })
  if (stats?.isSymbolicLink() && readlinkSync(target) === link) return []
  throw impossible(
    `a symbolic link at ${JSON.stringify(target)}`,
    'Make the link in the container, or in the working directory.',
  )
}

function pathRules(mount: BindMount | OverlayMount, policyName: string, base: string): PathRule[] {
  const { source, target } = mount
  const shown = `${JSON.stringify(source)} at ${JSON.stringify(target)}`
  if (mount.type === 'overlay') {
    throw impossible(
      `the overlay of ${shown}`,
      'Copy the directory into the working directory, or bind it read-only.',
    )
  }
  if (mount.writable) {
    throw impossible(
      `the writable mount of ${shown}`,
      'Programs write to /work and /tmp only; bring files back with `collect`.',
    )
  }
  if (source !== target) {
    throw impossible(
      `the mount of ${shown}`,
      'A path in the sandbox is the same as in the container. Mount it at its own path, or make a link in the container.',
    )
  }
  const path = resolve(mount, policyName)
  if (path === undefined) return []
  if (base === path || isBelow(base, path) || path === '/') {
    throw impossible(
      `the mount of ${shown}, which contains the directories of other programs`,
      `Mount less of it, or set TMPDIR to a directory that is not in it (the runs' are in ${base}).`,
    )
  }
  if (isDevice(path)) {
    if (path !== '/dev') return [rule(path, 'device')]
    throw impossible(
      'the mount of /dev',
      'The devices null, zero, full, random and urandom are there.',
    )
  }
  const isDirectory = statSync(path).isDirectory()
  if (mount.noexec === true)
    return [rule(path, isDirectory ? 'readNoExecute' : 'readFileNoExecute')]
  return [rule(path, isDirectory ? 'read' : 'readFile')]
}

function resolve({ source, target, optional }: BindMount, policy: string): string | undefined {
  try {
    return realpathSync(source)
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? 'EIO'
    if (optional && errno === 'ENOENT') return undefined
    throw new SandboxError(
      `The mount source ${JSON.stringify(source)} (target ${JSON.stringify(target)}, policy "${policy}") ${errno === 'ENOENT' ? 'does not exist on this host' : `cannot be used (${errno})`}`,
      {
        code: 'MOUNT_FAILED',
        step: { syscall: 'stat', call: `stat(${JSON.stringify(source)})`, errno, process: 'spawn' },
        hint: 'Correct the path, or mark the mount `optional = true` if programs can do without it.',
        cause,
      },
    )
  }
}

/**
 * The files of a run, without the files that only name users and hosts.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE for a file outside of the run's own directories
 */
export function ownFiles<File extends { readonly target: string }>(
  files: readonly File[],
): readonly File[] {
  return files.filter(({ target }) => {
    if (isOwn(target)) return true
    if (NAME_FILES.includes(target)) return false
    throw impossible(
      `the file ${JSON.stringify(target)}`,
      'Files can be put below /work and /tmp only.',
    )
  })
}
