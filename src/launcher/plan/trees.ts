import {
  AT_FDCWD,
  AT_RECURSIVE,
  AT_SYMLINK_NOFOLLOW,
  ENOENT,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from '../../linux/constants.ts'
import { flatMapInPieces, joinInPieces, type Work } from '../../work.ts'
import type { Arch } from '../machine/machine.ts'
import { load, type Step, type StepFailure, stepsOf, text } from '../step.ts'
import { copySteps, type DirectoryEntry, finishCopySteps, isCopied } from './copy.ts'
import type { IdArguments } from './identity.ts'
import { idMappedTreeSteps } from './idmap.ts'
import {
  BASE,
  type Ids,
  openSourceStep,
  openSourceTreeSteps,
  SafePaths,
  splitPath,
} from './paths.ts'

const init = stepsOf('init')

/** The common part of copy-on-write directories, overlay or copy. */
interface CopyOnWrite {
  /** Absolute host path with every symbolic link resolved. */
  readonly source: string
  /** Absolute path in the sandbox. */
  readonly target: string
  /** The directory's own permission bits. */
  readonly mode: number
  readonly readOnly: boolean
  readonly noexec?: boolean
}

/** A directory that each run makes out of the program's sight, and then mounts in the sandbox. */
export type Tree =
  | { readonly type: 'empty'; readonly target: string }
  /** The host's directory itself. Files of the directory's owner appear as files of the program's user. */
  | {
      readonly type: 'idmapped'
      readonly source: string
      readonly target: string
      readonly disk: Ids
    }
  /** An overlay whose changes stay in the sandbox. The program becomes the owner of the entries in `chown`. */
  | ({
      readonly type: 'overlay'
      readonly options: string
      readonly chown: readonly DirectoryEntry[]
    } & CopyOnWrite)
  /** A copy in the sandbox's tmpfs. */
  | ({ readonly type: 'copy'; readonly entries: readonly DirectoryEntry[] } & CopyOnWrite)

/** A tree, and its index among the run's mounts. The names of the tree's directories and places contain the index. */
export interface TreeOptions {
  readonly tree: Tree
  readonly index: number
  readonly arch: Arch
  /** The unprivileged ids that root gives the program. Files that root makes must belong to these ids. */
  readonly owner: Ids | undefined
}

/** The error of a failed step of a tree. */
export function treeFailure(tree: Tree): StepFailure {
  if (tree.type === 'empty') return { code: 'MOUNT_FAILED' }
  const { source, target } = tree
  return {
    code: 'MOUNT_FAILED',
    hint: `The directory ${JSON.stringify(source)} could not be shown at ${target}. Check that the user who runs the tests can read it, that it fits the disk limit (limits.disk), and that ${target} can be made in the sandbox and is not behind a symbolic link.`,
  }
}

const overlayLabel = (index: number): string => `overlay ${index}`

/** Whether a failed step means that a run's mount cannot be an overlay. Gradebox then plans a copy. */
export const isOverlayRefusal = ({ syscall, label }: Step, index: number): boolean =>
  syscall === 'mount' && label === overlayLabel(index)

/** Steps that make a tree, but do not mount the tree. The host's paths still exist. `tree.fd<index>` has the tree. */
export function makeTreeSteps(options: TreeOptions): Step[] {
  const { tree, index, owner } = options
  if (tree.type === 'idmapped') return idMappedSteps(tree, options)
  if (tree.type === 'overlay') return overlaySteps(tree, options)
  const path = treeDirectory(index)
  const mode = tree.type === 'copy' ? tree.mode | 0o700 : 0o755
  const failure = treeFailure(tree)
  const make = [
    init('mkdirat', [AT_FDCWD, text(path), mode]),
    ...chownSteps(path, owner),
    takeStep(path, options),
  ]
  if (tree.type === 'empty') return make
  // The init makes the copy later, in the entered root, where no link in the source leads out of the sandbox. Until
  // then the source is a detached tree, because mounts below the source would disappear with the old root.
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
  const store = `tree.source${index}`
  return [...make, ...openSourceTreeSteps({ source: tree.source, store, failure }, flags)]
}

// Makes a detached mount of a directory. A detached mount survives the release of the old root.
const takeStep = (path: string, { index, tree }: TreeOptions): Step =>
  init('open_tree', [AT_FDCWD, text(path), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC], {
    store: `tree.fd${index}`,
    failure: treeFailure(tree),
  })

function idMappedSteps(tree: Tree & { type: 'idmapped' }, { index, owner }: TreeOptions): Step[] {
  if (owner === undefined) throw new Error('Only root makes idmapped mounts')
  return idMappedTreeSteps({ ...tree, owner, store: `tree.fd${index}` })
}

function overlaySteps(tree: Tree & { type: 'overlay' }, options: TreeOptions): Step[] {
  const { index, owner } = options
  const directory = `${BASE}/${index}`
  const [upper, work, root] = ['upper', 'work', 'root'].map((name) => `${directory}/${name}`) as [
    string,
    string,
    string,
  ]
  const failure = treeFailure(tree)
  // The lower directory is the current directory. The source's path could be a link by now, or contain a comma or a
  // colon (overlayfs.rst).
  const data = `lowerdir=.,upperdir=${upper},workdir=${work}${tree.options}`
  return [
    init('mkdirat', [AT_FDCWD, text(directory), 0o755]),
    // The overlay has the upper directory's mode and owner.
    init('mkdirat', [AT_FDCWD, text(upper), tree.mode | 0o700]),
    init('mkdirat', [AT_FDCWD, text(work), 0o755]),
    init('mkdirat', [AT_FDCWD, text(root), 0o755]),
    ...chownSteps(upper, owner),
    openSourceStep({ source: tree.source, store: 'init.from', failure }),
    init('fchdir', [load('init.from')], { shown: JSON.stringify(tree.source), failure }),
    init('close', [load('init.from')]),
    init(
      'mount',
      [text('overlay'), text(root), text('overlay'), MS_NOSUID | MS_NODEV, text(data)],
      { label: overlayLabel(index), failure },
    ),
    init('chdir', [text(`${BASE}/root`)]),
    takeStep(root, options),
  ]
}

/** The directory in which the init makes the tree of a run's mount. The program cannot see this directory. */
export const treeDirectory = (index: number): string => `../${index}`

/** Steps that make the program the owner of a directory. */
export const chownSteps = (path: string, owner: IdArguments | undefined): Step[] =>
  owner === undefined
    ? []
    : [init('fchownat', [AT_FDCWD, text(path), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW])]

/**
 * Steps that finish a mounted tree while the init still has its privileges. They write the contents, set the owners,
 * and make the mount read-only. The init enters the tree through the descriptor of the tree, because the path to the
 * tree may contain foreign links.
 */
export function* fillTreeSteps(options: TreeOptions): Work<Step[]> {
  const { tree, index } = options
  if (tree.type !== 'overlay' && tree.type !== 'copy') return []
  const own =
    tree.type === 'overlay' && options.owner !== undefined
      ? yield* ownSteps(tree.chown, options.owner, new SafePaths(options.arch, tree.target))
      : []
  const copied = tree.type === 'copy' ? yield* fillCopySteps(tree, options) : []
  const restrict = restrictSteps(tree)
  if (own.length + copied.length + restrict.length === 0) return []
  const enter = [init('fchdir', [load(`tree.fd${index}`)])]
  return yield* joinInPieces(enter, copied, own, restrict, [init('chdir', [text('/')])])
}

function* fillCopySteps(tree: Tree & { type: 'copy' }, options: TreeOptions): Work<Step[]> {
  const { arch, owner, index } = options
  const { target } = tree
  const from = `tree.source${index}`
  const entries = tree.entries.filter(isCopied)
  const failure = treeFailure(tree)
  return yield* joinInPieces(
    yield* flatMapInPieces(entries, (entry) => copySteps(entry, { from, target, arch, failure })),
    [init('close', [load(from)])],
    owner === undefined ? [] : yield* ownSteps(entries, owner, new SafePaths(arch, target)),
    // Children come before their directory, because the final mode of a directory may forbid entry.
    yield* flatMapInPieces(entries.toReversed(), (entry) => finishCopySteps(entry, { target })),
  )
}

function restrictSteps({ target, readOnly, noexec }: CopyOnWrite): Step[] {
  const extra = (readOnly ? MS_RDONLY : 0) | (noexec === true ? MS_NOEXEC : 0)
  if (extra === 0) return []
  const flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | extra
  const failure: StepFailure = { code: 'MOUNT_FAILED', hint: `${target} could not be restricted.` }
  return [init('mount', [0, text('.'), 0, flags, 0], { failure })]
}

// The steps open each directory safely, because a directory of the earlier scan may be a link now.
function* ownSteps(entries: readonly DirectoryEntry[], owner: Ids, paths: SafePaths): Work<Step[]> {
  const children = new Map<string, string[]>()
  yield* flatMapInPieces(entries, ({ path }) => {
    const { parent, name } = splitPath(path)
    const names = children.get(parent)
    if (names === undefined) children.set(parent, [name])
    else names.push(name)
    return []
  })
  const steps: Step[] = []
  for (const [parent, names] of children) {
    steps.push(...paths.open(parent, { code: 'MOUNT_FAILED' }))
    const own = yield* flatMapInPieces(names, (name) => [
      init(
        'fchownat',
        [load('init.parent'), text(name), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW],
        {
          shown: `${paths.shown(`${parent}/${name}`)}, ${owner.uid}, ${owner.gid}`,
          tolerate: ENOENT,
        },
      ),
    ])
    // A spread of too many arguments would overflow the stack.
    for (const step of own) steps.push(step)
    steps.push(init('close', [load('init.parent')]))
    yield
  }
  return steps
}
