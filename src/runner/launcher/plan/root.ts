import {
  AT_FDCWD,
  EEXIST,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_REC,
  MS_SLAVE,
} from '../../../ffi/constants.ts'
import type { Policy } from '../../../policy/policy.ts'
import type { Arch } from '../machine/machine.ts'
import { type Step, type StepFailure, stepsOf, text } from '../step.ts'
import { Directories, writeFileSteps } from './files.ts'
import type { HostPath } from './host.ts'
import { bindSteps, type HostMount, writableDirectorySteps } from './mounts.ts'

const init = stepsOf('init')

/**
 * Where the sandbox's tmpfs is mounted while it is built. It covers what is there, in the init's mount
 * namespace only, so it must be a directory that exists everywhere and that nobody binds from.
 */
const BASE = '/proc'
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom']
const DEVICE_LINKS = [
  ['/proc/self/fd', 'dev/fd'],
  ['/proc/self/fd/0', 'dev/stdin'],
  ['/proc/self/fd/1', 'dev/stdout'],
  ['/proc/self/fd/2', 'dev/stderr'],
] as const

export interface RootOptions {
  readonly policy: Policy
  readonly arch: Arch
  /** The policy's mounts as they are on this host. */
  readonly paths: readonly HostPath[]
  /** Host mounts at or below a path, where the kernel is older than mount_setattr(2), 5.12. */
  readonly remount?: ((source: string) => readonly HostMount[]) | undefined
  readonly diskBytes: number | undefined
}

/** Steps that build all of the sandbox's root that depends on the policy alone. */
export function rootSteps(options: RootOptions): Step[] {
  const directories = new Directories()
  return [
    ...baseSteps(options.diskBytes),
    ...options.paths.flatMap((path) => hostPathSteps(path, directories, options)),
    ...deviceSteps(directories, options),
    ...procSteps(options.policy.proc),
    ...writableDirectorySteps('tmp', 0o1777),
    ...writableDirectorySteps('dev/shm', 0o1777),
    ...options.policy.files
      .filter(({ target }) => !isBelowWork(target))
      .flatMap(({ target, contents }) => {
        const path = target.slice(1)
        const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
        return [...directories.make(parent), ...writeFileSteps(path, contents, options)]
      }),
  ]
}

/** Whether a sandbox path is in the working directory, which each run fills. */
export const isBelowWork = (target: string): boolean =>
  target === '/work' || target.startsWith('/work/')

// All of the sandbox's writable memory is one tmpfs, so that one size limits it. It has the new root,
// and beside it, out of the program's sight, what an overlay at /work needs.
function baseSteps(diskBytes: number | undefined): Step[] {
  const failure: StepFailure = { code: 'MOUNT_FAILED' }
  return [
    // Nothing mounted here may reach the host; what the host unmounts may reach us.
    init('mount', [0, text('/'), 0, MS_SLAVE | MS_REC, 0], { failure }),
    init(
      'mount',
      [
        text('gradebox'),
        text(BASE),
        text('tmpfs'),
        MS_NOSUID | MS_NODEV,
        text(tmpfsOptions(diskBytes)),
      ],
      { failure },
    ),
    ...['root', 'upper', 'work'].map((name) =>
      init('mkdirat', [AT_FDCWD, text(`${BASE}/${name}`), 0o755]),
    ),
    // pivot_root(2) wants a mount point.
    init('mount', [text(`${BASE}/root`), text(`${BASE}/root`), 0, MS_BIND, 0], { failure }),
    init('chdir', [text(`${BASE}/root`)]),
  ]
}

/** Bytes of tmpfs for each inode that a disk limit allows. */
const BYTES_PER_INODE = 4096

function tmpfsOptions(diskBytes: number | undefined): string {
  if (diskBytes === undefined) return 'mode=0755'
  // The root's own directories and links are not the program's.
  const inodes = 1024 + Math.ceil(diskBytes / BYTES_PER_INODE)
  return `mode=0755,size=${diskBytes + 1024 * BYTES_PER_INODE},nr_inodes=${inodes}`
}

function hostPathSteps(path: HostPath, directories: Directories, options: RootOptions): Step[] {
  const target = path.target.slice(1)
  const parent = target.includes('/') ? target.slice(0, target.lastIndexOf('/')) : ''
  if (path.type === 'symlink') {
    return [
      ...directories.make(parent),
      init('symlinkat', [text(path.link), AT_FDCWD, text(target)], { tolerate: EEXIST }),
    ]
  }
  if (path.type === 'tmpfs') {
    const size = path.sizeBytes === undefined ? '' : `,size=${path.sizeBytes}`
    return path.sizeBytes === undefined
      ? [...directories.make(parent), ...writableDirectorySteps(target, 0o1777)]
      : [
          ...directories.make(target),
          init(
            'mount',
            [
              text('tmpfs'),
              text(target),
              text('tmpfs'),
              MS_NOSUID | MS_NODEV,
              text(`mode=1777${size}`),
            ],
            { failure: { code: 'MOUNT_FAILED' } },
          ),
        ]
  }
  const { source, isDirectory, writable } = path
  const remount = options.remount?.(source)
  return bindSteps({ source, target, isDirectory, readOnly: !writable, remount }, directories)
}

function deviceSteps(directories: Directories, options: RootOptions): Step[] {
  return [
    ...DEVICES.flatMap((name) =>
      bindSteps(
        {
          source: `/dev/${name}`,
          target: `dev/${name}`,
          isDirectory: false,
          // A device works on a read-only mount; its owner, mode and times cannot be changed.
          readOnly: true,
          devices: true,
          noexec: true,
          remount: options.remount?.(`/dev/${name}`),
        },
        directories,
      ),
    ),
    ...DEVICE_LINKS.map(([link, path]) => init('symlinkat', [text(link), AT_FDCWD, text(path)])),
  ]
}

function procSteps(proc: Policy['proc']): Step[] {
  const steps = [init('mkdirat', [AT_FDCWD, text('proc'), 0o555], { tolerate: EEXIST })]
  if (proc === 'none') return steps
  const options = proc === 'pid' ? text('subset=pid') : 0
  steps.push(
    init(
      'mount',
      [text('proc'), text('proc'), text('proc'), MS_NOSUID | MS_NODEV | MS_NOEXEC, options],
      {
        failure: {
          code: 'NAMESPACES_UNAVAILABLE',
          hint: 'The kernel mounts a new /proc only where the old one is wholly visible. In Docker: --security-opt systempaths=unconfined; in Kubernetes: securityContext.procMount: Unmasked.',
        },
      },
    ),
  )
  return steps
}
