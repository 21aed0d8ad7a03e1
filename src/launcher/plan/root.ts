import {
  AT_FDCWD,
  EEXIST,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_PRIVATE,
  MS_REC,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
} from '../../linux/constants.ts'
import type { Arch } from '../machine/machine.ts'
import type { SandboxFile } from '../sandbox-shape.ts'
import { load, type Step, type StepFailure, stepsOf, text } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { writeFreshFileSteps } from './file-steps.ts'
import { type EarlyMount, isDevice } from './host.ts'
import {
  bindSteps,
  type HostMount,
  isOwnTmpfs,
  tmpfsStep,
  writableDirectorySteps,
} from './mount-steps.ts'
import { BASE, FreshDirectories, splitPath } from './paths.ts'
import { copyProcSteps, maskSteps, type ProcOptions, procSteps, sharesProc } from './proc-steps.ts'
import { coverProcSteps, type ProcessorView, processorDirectorySteps } from './processor-steps.ts'
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

export interface RootOptions extends ProcOptions {
  readonly arch: Arch
  /** The host's mounts at or below a path. Set if the kernel is older than mount_setattr(2), Linux 5.12. */
  readonly remount?: ((source: string) => readonly HostMount[]) | undefined
  /** The policy's files that are in no mount. */
  readonly files: readonly SandboxFile[]
  readonly diskBytes: number | undefined
  readonly processors: ProcessorView
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
    ...(has('/proc') ? [] : coverProcSteps(options.processors)),
    ...(has('/tmp') ? [] : writableDirectorySteps('tmp', 0o1777)),
    // The policy's paths cover the mounts above, or are inside these mounts.
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

/** The host paths that {@link rootSteps} bind. */
export function boundSources(paths: readonly EarlyMount[]): string[] {
  const bound = paths.flatMap((path) => (path.type === 'bind' ? [path.source] : []))
  const ownDevices = paths.some(({ target }) => target === '/dev') ? [] : DEVICES
  return [...bound, ...ownDevices.map((name) => `/dev/${name}`)]
}

// One tmpfs contains all writable files of the sandbox, so one size limits all these files. The new root is a directory
// of the tmpfs. The init makes the directories of the run's mounts next to this root, out of the program's sight.
function baseSteps(options: RootOptions): Step[] {
  const failure: StepFailure = { code: 'MOUNT_FAILED' }
  return [
    // Mount events must not propagate in either direction. Otherwise a later mount of the host would appear in the
    // sandbox, and would be writable there.
    init('mount', [0, text('/'), 0, MS_PRIVATE | MS_REC, 0], { failure }),
    // The init opens /proc before the tmpfs covers /proc. Mounts that cover parts of that /proc, such as a container's
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
    ...processorDirectorySteps(options.processors, `${BASE}/root`),
    // pivot_root(2) requires a mount point.
    init('mount', [text(`${BASE}/root`), text(`${BASE}/root`), 0, MS_BIND, 0], { failure }),
    init('chdir', [text(`${BASE}/root`)]),
  ]
}

/** A disk limit allows one inode per this many bytes. */
const BYTES_PER_INODE = 4096

function tmpfsOptions(diskBytes: number | undefined): string {
  if (diskBytes === undefined) return 'mode=0755'
  // The limit does not count the root's own directories and links, which the program did not make.
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

// The sandbox has its own pseudo-terminals. A /dev from the policy already has the names for these terminals.
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
          // A device works on a read-only mount. The program cannot change the owner, mode and times of the device.
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
