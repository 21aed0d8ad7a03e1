import type { Argument, Data, Step } from '../../../src/launcher/step.ts'
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_EXCL, O_NOFOLLOW } from '../../../src/linux/constants.ts'

/** A path that a step lets the kernel look up. */
export interface PathUse {
  readonly step: Step
  /** The directory at which the path starts: a descriptor, or AT_FDCWD. */
  readonly directory: Argument
  readonly path: string
  /** Whether the kernel follows a symbolic link at the end of the path. */
  readonly follows: boolean
}

type Lookup = readonly [directory: number | undefined, path: number, follows: Follows]
type Follows = (args: readonly Argument[]) => boolean

const always: Follows = () => true
const never: Follows = () => false
const flagged =
  (index: number, noFollow: number): Follows =>
  (args) =>
    (Number(args[index]) & noFollow) === 0
/** The source of mount(2) is a path only when there is no file system type. */
const isBind: Follows = ([, , type]) => type === 0

const OPEN_NOFOLLOW = O_NOFOLLOW.x64 | O_NOFOLLOW.arm64
/** Among the flags of open(2), O_EXCL also keeps the kernel from following a link. */
const openFollows: Follows = flagged(2, OPEN_NOFOLLOW | O_EXCL)

const lookups: Readonly<Record<string, readonly Lookup[]>> = {
  chdir: [[undefined, 0, always]],
  execve: [[undefined, 0, always]],
  faccessat: [[0, 1, always]],
  fchmodat: [[0, 1, always]],
  fchownat: [[0, 1, flagged(4, AT_SYMLINK_NOFOLLOW)]],
  linkat: [
    [0, 1, never],
    [2, 3, never],
  ],
  mkdirat: [[0, 1, never]],
  mknodat: [[0, 1, never]],
  mount: [
    [undefined, 0, isBind],
    [undefined, 1, always],
  ],
  mount_setattr: [[0, 1, always]],
  move_mount: [
    [0, 1, always],
    [2, 3, always],
  ],
  open_tree: [[0, 1, always]],
  openat: [[0, 1, openFollows]],
  openat2: [[0, 1, always]],
  pivot_root: [
    [undefined, 0, always],
    [undefined, 1, always],
  ],
  statx: [[0, 1, always]],
  symlinkat: [[1, 2, never]],
  umount2: [[undefined, 0, always]],
  unlinkat: [[0, 1, never]],
  utimensat: [[0, 1, flagged(3, AT_SYMLINK_NOFOLLOW)]],
}

/** Calls whose texts are no paths; of `mount`, the type and the options are none. */
const WITHOUT_PATHS = ['memfd_create', 'prctl', 'sethostname', 'write']

const isText = (argument: Argument | undefined): argument is Data & { kind: 'text' } =>
  typeof argument === 'object' && argument.kind === 'text'

/** The paths of a step. Throws for a call with a text that this table lacks. */
export function pathUses(step: Step): PathUse[] {
  const { syscall, args } = step
  const known = lookups[syscall]
  if (known === undefined) {
    if (!args.some(isText) || WITHOUT_PATHS.includes(syscall)) return []
    throw new Error(`Which of its arguments does ${syscall} look up?`)
  }
  return known.flatMap(([directory, index, follows]) => {
    const argument = args[index]
    const isNone = syscall === 'mount' && index === 0 && !isBind(args)
    if (!isText(argument) || isNone) return []
    const from = directory === undefined ? AT_FDCWD : (args[directory] ?? AT_FDCWD)
    return [{ step, directory: from, path: argument.text, follows: follows(args) }]
  })
}
