import { posix } from 'node:path'
import {
  AT_FDCWD,
  AT_RECURSIVE,
  EEXIST,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  S_IFREG,
} from '../../linux/constants.ts'
import type { TmpfsMount } from '../sandbox-shape.ts'
import { type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import type { FreshDirectories } from './paths.ts'

const init = stepsOf('init')

/** Restrictions of a bind mount in addition to those of every mount. */
export interface MountFlags {
  readonly readOnly: boolean
  /** Set for a bind mount of device nodes, which must work. Every other mount is nodev. */
  readonly devices?: boolean
  readonly noexec?: boolean
}

/** A mount of the host at or below a bind's source, from /proc/self/mountinfo. */
export interface HostMount {
  /** Its mount point, absolute. */
  readonly path: string
  /** Its MS_ flags. A remount on an older kernel must keep the locked flags. */
  readonly flags: number
}

export interface BindOptions extends MountFlags {
  /** Absolute host path with every symbolic link resolved. */
  readonly source: string
  /** Path in the sandbox, relative to its root. */
  readonly target: string
  readonly isDirectory: boolean
  /** Set only where the kernel has no mount_setattr(2): the host mounts at or below the source. */
  readonly remount?: readonly HostMount[] | undefined
}

/** The error of a failed step of a bind mount. */
export const bindFailure = (source: string, target: string): StepFailure => ({
  code: 'MOUNT_FAILED',
  hint: `Check that ${JSON.stringify(source)} exists and can be read by the user who runs the tests, and that "/${target}" can be made in the sandbox and is not behind a symbolic link.`,
})

/** Steps that show a host path in the fresh root, with everything mounted below it. */
export function bindSteps(options: BindOptions, directories: FreshDirectories): Step[] {
  const { source, target, isDirectory, remount } = options
  const failure = bindFailure(source, target)
  const node = init('mknodat', [AT_FDCWD, text(target), S_IFREG | 0o444, 0], {
    tolerate: EEXIST,
    failure,
  })
  const attributes = words(mountAttributes(options), 0, 0, 0)
  return [
    ...(isDirectory
      ? directories.make(target, failure)
      : [...directories.make(posix.dirname(target), failure), node]),
    init('mount', [text(source), text(target), 0, MS_BIND | MS_REC, 0], { failure }),
    ...(remount === undefined
      ? [init('mount_setattr', [AT_FDCWD, text(target), AT_RECURSIVE, attributes, 32], { failure })]
      : remountSteps(options, remount)),
  ]
}

/** Steps that restrict a mount and all below it one by one, where there is no mount_setattr(2). */
export function remountSteps(
  options: MountFlags & { readonly source: string; readonly target: string },
  mounts: readonly HostMount[],
): Step[] {
  const failure = bindFailure(options.source, options.target)
  return mounts.map(({ path, flags }) => {
    const below = posix.join(options.target, posix.relative(options.source, path))
    const remountFlags = MS_REMOUNT | MS_BIND | flags | mountFlags(options)
    return init('mount', [0, text(below), 0, remountFlags, 0], { failure })
  })
}

/** The MOUNT_ATTR_ flags of a bind mount. */
export function mountAttributes({ readOnly, devices, noexec }: MountFlags): number {
  return (
    MOUNT_ATTR_NOSUID |
    (readOnly ? MOUNT_ATTR_RDONLY : 0) |
    (devices ? 0 : MOUNT_ATTR_NODEV) |
    (noexec ? MOUNT_ATTR_NOEXEC : 0)
  )
}

function mountFlags({ readOnly, devices, noexec }: MountFlags): number {
  return (
    MS_NOSUID | (readOnly ? MS_RDONLY : 0) | (devices ? 0 : MS_NODEV) | (noexec ? MS_NOEXEC : 0)
  )
}

/** Whether a tmpfs is a separate mount. Without limits of its own, it is a directory of the sandbox's tmpfs. */
export const isOwnTmpfs = ({ sizeBytes, inodes, noexec }: TmpfsMount): boolean =>
  sizeBytes !== undefined || inodes !== undefined || noexec === true

/** The step that mounts a tmpfs on a directory. */
export function tmpfsStep(target: string, { sizeBytes, inodes, noexec }: TmpfsMount): Step {
  const size = sizeBytes === undefined ? '' : `,size=${sizeBytes}`
  const files = inodes === undefined ? '' : `,nr_inodes=${inodes}`
  const flags = MS_NOSUID | MS_NODEV | (noexec === true ? MS_NOEXEC : 0)
  const data = text(`mode=1777${size}${files}`)
  return init('mount', [text('tmpfs'), text(target), text('tmpfs'), flags, data], {
    failure: { code: 'MOUNT_FAILED' },
  })
}

/** Steps that make a writable directory in the sandbox's own tmpfs, whose root becomes read-only. */
export function writableDirectorySteps(target: string, mode: number): Step[] {
  const failure: StepFailure = { code: 'MOUNT_FAILED' }
  return [
    init('mkdirat', [AT_FDCWD, text(target), mode], { tolerate: EEXIST, failure }),
    init('mount', [text(target), text(target), 0, MS_BIND, 0], { failure }),
  ]
}
