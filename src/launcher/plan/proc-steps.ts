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
  MS_RDONLY,
  MS_REMOUNT,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from '../../linux/constants.ts'
import type { SandboxShape } from '../sandbox-shape.ts'
import { load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { FD } from './fd-numbers.ts'
import type { Flow } from './flow.ts'
import type { EarlyMount, MaskedPath } from './host.ts'

const init = stepsOf('init')

/** The options that decide which /proc a sandbox has. */
export interface ProcOptions {
  readonly policy: SandboxShape
  readonly flow: Flow
  /** The policy's mounts, resolved on this host, except mounts inside other mounts. */
  readonly paths: readonly EarlyMount[]
  /** The files of /proc that reveal too much about the machine. */
  readonly masked: readonly MaskedPath[]
  readonly sharesProc: boolean
}

/**
 * Files with lines about the whole machine, such as locks (proc_locks(5)). Two programs could exchange messages through
 * such a file.
 */
const ABOUT_THE_MACHINE = ['proc/locks']
/** Files about the user: the names of all keys of the user who runs the tests (keyrings(7)). */
const ABOUT_THE_USER = ['proc/keys', 'proc/key-users']
/** An empty directory next to the root. */
const EMPTY = '../empty'

/** Steps that cover the files of /proc that reveal too much. */
export function maskSteps({ flow, policy, masked }: ProcOptions, source: string): Step[] {
  if (policy.proc !== 'full') return []
  // Under root each run has a private user, so the files about the user show no keys of other users.
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

/** Steps that give the sandbox its /proc. */
export function procSteps(options: ProcOptions): Step[] {
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

/** Whether the sandbox gets a copy of the container's /proc. */
export const sharesProc = (options: ProcOptions): boolean =>
  options.sharesProc &&
  options.policy.proc !== 'none' &&
  !options.paths.some(({ target }) => target === '/proc')

const sharedProcFailure: StepFailure = {
  code: 'NAMESPACES_UNAVAILABLE',
  hint: 'The container’s own /proc could not be shown; it needs Linux 5.12 and a filter that allows open_tree(2) and move_mount(2).',
}

/**
 * Steps that copy the mount of the container's own /proc, for a container in which the kernel refuses a new /proc. The
 * copy is read-only, and includes the mounts that cover parts of /proc. The container's /proc lists the sandbox's
 * processes too. The init makes the copy before the tmpfs covers /proc, because a later copy would include the tmpfs.
 */
export function copyProcSteps(): Step[] {
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
