import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  EEXIST,
  ENOENT,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MOVE_MOUNT_F_EMPTY_PATH,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from '../../linux/constants.ts'
import type { Arch } from '../machine/machine.ts'
import type { SandboxFile, SandboxShape } from '../sandbox-shape.ts'
import { load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { writeFreshFileSteps } from './file-steps.ts'
import type { Flow } from './flow.ts'
import { type EarlyMount, isDevice, type MaskedPath } from './host.ts'
import {
  bindSteps,
  type HostMount,
  isOwnTmpfs,
  tmpfsStep,
  writableDirectorySteps,
} from './mount-steps.ts'
import { BASE, FreshDirectories, splitPath } from './paths.ts'
import {
  linkToTerminalsStep,
  mountTerminalsSteps,
  terminalDeviceSteps,
} from './terminal-devices.ts'

const init = stepsOf('init')

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom']
const DEVICE_LINKS = [
  ['/proc/self/fd', 'dev/fd'],
  ['/proc/self/fd/0', 'dev/stdin'],
  ['/proc/self/fd/1', 'dev/stdout'],
  ['/proc/self/fd/2', 'dev/stderr'],
] as const

export interface RootOptions {
  readonly policy: SandboxShape
  readonly arch: Arch
  readonly flow: Flow
  /** The policy's mounts, resolved on this host, except those inside others. */
  readonly paths: readonly EarlyMount[]
  /** Host mounts at or below a path, where the kernel is older than mount_setattr(2), 5.12. */
  readonly remount?: ((source: string) => readonly HostMount[]) | undefined
  /** The policy's files that are in no mount. */
  readonly files: readonly SandboxFile[]
  readonly diskBytes: number | undefined
  /** The files of /proc that say too much about the machine. */
  readonly masked: readonly MaskedPath[]
  readonly sharesProc: boolean
}

/** Steps that build the part of the sandbox's root that depends on the policy alone. */
export function rootSteps(options: RootOptions): Step[] {
  const directories = new FreshDirectories()
  const has = (target: string) => options.paths.some((path) => path.target === target)
  return [
    ...baseSteps(options),
    ...(has('/dev') ? [] : deviceSteps(directories, options)),
    ...(has('/dev') ? [] : writableDirectorySteps('dev/shm', 0o1777)),
    ...(has('/proc') ? [] : procSteps(options)),
    ...(has('/tmp') ? [] : writableDirectorySteps('tmp', 0o1777)),
    // These cover the mounts above, or lie inside them.
    ...options.paths.flatMap((path) => hostPathSteps(path, directories, options)),
    ...(options.policy.terminal === true ? terminalSteps(!has('/dev'), options) : []),
    ...(has('/proc') ? [] : maskSteps(options, has('/dev') ? '/dev/null' : 'dev/null')),
    ...options.files.flatMap(({ target, contents }) => {
      const path = target.slice(1)
      return [
        ...directories.make(splitPath(path).parent),
        ...writeFreshFileSteps(path, contents, options),
      ]
    }),
  ]
}

/** The host paths that these steps bind. */
export function boundSources(paths: readonly EarlyMount[]): string[] {
  const bound = paths.flatMap((path) => (path.type === 'bind' ? [path.source] : []))
  const ownDevices = paths.some(({ target }) => target === '/dev') ? [] : DEVICES
  return [...bound, ...ownDevices.map((name) => `/dev/${name}`)]
}

// All of the sandbox's writable memory is one tmpfs, so that one size limits it. The tmpfs holds the new root.
// Beside that root, where the program cannot see them, stand the parts of the run's own directories.
function baseSteps(options: RootOptions): Step[] {
  const failure: StepFailure = { code: 'MOUNT_FAILED' }
  return [
    // Mount events do not propagate in either direction: a later mount of the host's would be writable.
    init('mount', [0, text('/'), 0, MS_PRIVATE | MS_REC, 0], { failure }),
    // The init opens /proc before the tmpfs covers it. Mounts that cover parts of that /proc, such as a container's
    // read-only /proc/sys, end with the old root.
    init('openat', [AT_FDCWD, text('/proc'), O_PATH | O_DIRECTORY[options.arch] | O_CLOEXEC, 0], {
      store: 'init.fd',
    }),
    init('dup3', [load('init.fd'), FD.proc, O_CLOEXEC]),
    init('close', [load('init.fd')]),
    ...(sharesProc(options) ? copyProcSteps() : []),
    init(
      'mount',
      [
        text('gradebox'),
        text(BASE),
        text('tmpfs'),
        MS_NOSUID | MS_NODEV,
        text(tmpfsOptions(options.diskBytes)),
      ],
      { failure },
    ),
    init('mkdirat', [AT_FDCWD, text(`${BASE}/root`), 0o755]),
    // pivot_root(2) requires a mount point.
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

function hostPathSteps(
  path: EarlyMount,
  directories: FreshDirectories,
  options: RootOptions,
): Step[] {
  const target = path.target.slice(1)
  const { parent } = splitPath(target)
  if (path.type === 'symlink') {
    return [
      ...directories.make(parent),
      init('symlinkat', [text(path.link), AT_FDCWD, text(target)], { tolerate: EEXIST }),
    ]
  }
  if (path.type === 'tmpfs') {
    return isOwnTmpfs(path)
      ? [...directories.make(target), tmpfsStep(target, path)]
      : [...directories.make(parent), ...writableDirectorySteps(target, 0o1777)]
  }
  const { source, isDirectory, writable, noexec = false } = path
  const remount = options.remount?.(source)
  const devices = isDevice(source)
  return bindSteps(
    { source, target, isDirectory, readOnly: !writable, devices, noexec, remount },
    directories,
  )
}

// Pseudo-terminals of the sandbox's own; a policy's /dev has its own names for them.
const terminalSteps = (isOwnDirectory: boolean, { remount }: RootOptions): Step[] => [
  ...(isOwnDirectory ? [...terminalDeviceSteps(remount), linkToTerminalsStep] : []),
  ...mountTerminalsSteps(),
]

function deviceSteps(directories: FreshDirectories, options: RootOptions): Step[] {
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

/**
 * Files through which one program can signal to another: lines about the whole machine, such as locks
 * (proc_locks(5)).
 */
const ABOUT_THE_MACHINE = ['proc/locks']
/** Files about the user: the names of all keys of the user who runs the tests (keyrings(7)). */
const ABOUT_THE_USER = ['proc/keys', 'proc/key-users']
/** An empty directory next to the root. */
const EMPTY = '../empty'

function maskSteps({ flow, policy, masked }: RootOptions, source: string): Step[] {
  if (policy.proc !== 'full') return []
  // As root each run has a private user.
  const own = [...ABOUT_THE_MACHINE, ...(flow.kind === 'root' ? [] : ABOUT_THE_USER)]
  const files = masked.filter(({ isDirectory }) => !isDirectory).map(({ path }) => path.slice(1))
  const directories = masked.filter(({ isDirectory }) => isDirectory)
  // A kernel without keyrings, or without locks, has no such file.
  const options = { tolerate: ENOENT, failure: { code: 'MOUNT_FAILED' } } as const
  const readOnly = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
  return [
    ...[...own, ...files].map((path) =>
      init('mount', [text(source), text(path), 0, MS_BIND, 0], options),
    ),
    ...(directories.length === 0 ? [] : [init('mkdirat', [AT_FDCWD, text(EMPTY), 0o555])]),
    ...directories.flatMap(({ path }) => [
      init('mount', [text(EMPTY), text(path.slice(1)), 0, MS_BIND, 0], options),
      init('mount', [0, text(path.slice(1)), 0, readOnly, 0], options),
    ]),
  ]
}

function procSteps(options: RootOptions): Step[] {
  const { proc } = options.policy
  const steps = [init('mkdirat', [AT_FDCWD, text('proc'), 0o555], { tolerate: EEXIST })]
  if (proc === 'none') return steps
  if (sharesProc(options)) return [...steps, ...attachProcSteps()]
  const shown = proc === 'pid' ? text('subset=pid') : 0
  steps.push(
    init(
      'mount',
      [text('proc'), text('proc'), text('proc'), MS_NOSUID | MS_NODEV | MS_NOEXEC, shown],
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

const sharesProc = (options: RootOptions): boolean =>
  options.sharesProc &&
  options.policy.proc !== 'none' &&
  !options.paths.some(({ target }) => target === '/proc')

const sharedProcFailure: StepFailure = {
  code: 'NAMESPACES_UNAVAILABLE',
  hint: 'The container’s own /proc could not be shown; it needs Linux 5.12 and a filter that allows open_tree(2) and move_mount(2).',
}

/**
 * Steps that copy the mount of the container's own /proc where the kernel refuses a new one. The copy is read-only, and
 * includes the mounts that cover parts of it. The container's /proc lists the sandbox's processes too. The init makes
 * the copy before the tmpfs covers /proc, because the copy would include the tmpfs.
 */
function copyProcSteps(): Step[] {
  const failure = sharedProcFailure
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH
  const readOnly = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC
  return [
    init('open_tree', [FD.proc, text(''), flags], { store: 'init.proc', failure }),
    init(
      'mount_setattr',
      [load('init.proc'), text(''), AT_EMPTY_PATH | AT_RECURSIVE, words(readOnly, 0, 0, 0), 32],
      { failure },
    ),
  ]
}

function attachProcSteps(): Step[] {
  const tree = load('init.proc')
  return [
    init('move_mount', [tree, text(''), AT_FDCWD, text('proc'), MOVE_MOUNT_F_EMPTY_PATH], {
      failure: sharedProcFailure,
    }),
    init('close', [tree]),
  ]
}
