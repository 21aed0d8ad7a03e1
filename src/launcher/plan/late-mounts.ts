import {
  AT_EMPTY_PATH,
  AT_RECURSIVE,
  EEXIST,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  O_CLOEXEC,
  O_NOFOLLOW,
  O_PATH,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  S_IFREG,
} from '../../linux/constants.ts'
import { joinInPieces, type Work } from '../../work.ts'
import type { Arch } from '../machine/machine.ts'
import type { TmpfsMount } from '../sandbox-shape.ts'
import { type Area, load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { type HostPath, isDevice } from './host.ts'
import {
  bindFailure,
  type HostMount,
  mountAttributes,
  remountSteps,
  tmpfsStep,
} from './mount-steps.ts'
import { type Ids, openSourceTreeSteps, type SafePaths, splitPath } from './paths.ts'
import { fillTreeSteps, makeTreeSteps, type Tree, treeFailure } from './trees.ts'

const init = stepsOf('init')

/**
 * A mount that each run makes. Either the run asks for the mount, or the mount is new for each run, or its target is
 * inside another mount.
 */
export type LateMount = Exclude<HostPath, { type: 'copy-on-write' }> | Tree

export interface LateMountOptions {
  /** In the order in which they are mounted. */
  readonly mounts: readonly LateMount[]
  readonly arch: Arch
  /** The unprivileged ids that root gives the program. */
  readonly owner?: Ids | undefined
  readonly remount?: ((source: string) => readonly HostMount[]) | undefined
}

type Bind = HostPath & { type: 'bind' }

/** The descriptors of the trees to mount and of the directories to copy. */
export const lateMountAreas = ({ mounts }: Pick<LateMountOptions, 'mounts'>): Area[] => [
  {
    name: 'tree',
    fields: mounts.flatMap(({ type }, index) => [
      { name: `fd${index}`, size: 8 },
      ...(type === 'copy' ? [{ name: `source${index}`, size: 8 }] : []),
    ]),
  },
]

const attributesOf = ({ writable, source, noexec = false }: Bind) =>
  mountAttributes({ readOnly: !writable, devices: isDevice(source), noexec })

/** Steps that open the trees while the host's paths exist (open_tree(2)). Later steps mount the trees. */
export function openTreeSteps(options: LateMountOptions): Step[] {
  const steps = options.mounts.map((mount, index) => openSteps(mount, index, options))
  // An idmapped tree comes first, because the descriptors of many other trees could take the number that it uses.
  const first = options.mounts.findIndex(({ type }) => type === 'idmapped')
  return [...steps.splice(Math.max(0, first), 1), ...steps].flat()
}

function openSteps(mount: LateMount, index: number, options: LateMountOptions): Step[] {
  if (mount.type === 'symlink' || mount.type === 'tmpfs') return []
  if (mount.type !== 'bind') return makeTreeSteps(treeOptions(mount, index, options))
  const failure = bindFailure(mount.source, mount.target.slice(1))
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
  const tree = `tree.fd${index}`
  const open = openSourceTreeSteps({ source: mount.source, store: tree, failure }, flags)
  if (options.remount !== undefined) return open
  const attributes = words(attributesOf(mount), 0, 0, 0)
  const at = AT_EMPTY_PATH | AT_RECURSIVE
  return [...open, init('mount_setattr', [load(tree), text(''), at, attributes, 32], { failure })]
}

const treeOptions = (tree: Tree, index: number, { arch, owner }: LateMountOptions) => ({
  tree,
  index,
  arch,
  owner,
})

/** Steps that mount the opened trees in the sandbox's root. */
export function* attachTreeSteps(options: LateMountOptions, paths: SafePaths): Work<Step[]> {
  const steps: Step[][] = []
  for (const [index, mount] of options.mounts.entries()) {
    steps.push(yield* attachOneSteps(mount, { index, options, paths }))
  }
  return yield* joinInPieces(...steps)
}

function* attachOneSteps(mount: LateMount, use: Use): Work<Step[]> {
  const { index, options, paths } = use
  const target = mount.target.slice(1)
  if (mount.type === 'symlink') return symlinkSteps(target, mount.link, paths)
  if (mount.type === 'tmpfs') return tmpfsSteps(target, mount, paths)
  const close = init('close', [load(`tree.fd${index}`)])
  if (mount.type === 'bind') return [...attachBindSteps(mount, use), close]
  const source = mount.type === 'empty' ? 'an empty directory' : JSON.stringify(mount.source)
  const own = { source, isDirectory: true, failure: treeFailure(mount) }
  const attach = attachSteps(target, own, use)
  const fill = yield* fillTreeSteps(treeOptions(mount, index, options))
  return yield* joinInPieces(attach, fill, [close])
}

interface Use {
  readonly index: number
  readonly options: LateMountOptions
  readonly paths: SafePaths
}

function attachBindSteps(mount: Bind, use: Use): Step[] {
  const target = mount.target.slice(1)
  const failure = bindFailure(mount.source, target)
  const own = { ...mount, target, readOnly: !mount.writable, devices: isDevice(mount.source) }
  const { remount } = use.options
  const source = JSON.stringify(mount.source)
  return [
    ...attachSteps(target, { source, isDirectory: mount.isDirectory, failure }, use),
    ...(remount === undefined ? [] : remountSteps(own, remount(mount.source))),
  ]
}

interface Attached {
  /** The mounted path as a person reads it. */
  readonly source: string
  readonly isDirectory: boolean
  readonly failure: StepFailure
}

function attachSteps(
  target: string,
  { source, isDirectory, failure }: Attached,
  { index, options, paths }: Use,
): Step[] {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
  const tree = load(`tree.fd${index}`)
  return [
    ...(isDirectory
      ? paths.makeDirectory(target, { failure })
      : makeFileSteps(target, failure, paths)),
    ...openTargetSteps(target, { failure, paths, arch: options.arch }),
    init('move_mount', [tree, text(''), load('init.fd'), text(''), flags], {
      shown: `${source} -> ${JSON.stringify(`/${target}`)}`,
      failure,
    }),
    init('close', [load('init.fd')]),
  ]
}

function makeFileSteps(target: string, failure: StepFailure, paths: SafePaths): Step[] {
  const { parent, name } = splitPath(target)
  return [
    ...paths.makeDirectory(parent, { failure }),
    ...paths.open(parent, failure),
    init('mknodat', [load('init.parent'), text(name), S_IFREG | 0o444, 0], {
      tolerate: EEXIST,
      failure,
    }),
    init('close', [load('init.parent')]),
  ]
}

function openTargetSteps(
  target: string,
  { failure, paths, arch }: { failure: StepFailure; paths: SafePaths; arch: Arch },
): Step[] {
  const { parent, name } = splitPath(target)
  const flags = O_PATH | O_NOFOLLOW[arch] | O_CLOEXEC
  return [
    ...paths.open(parent, failure),
    init('openat', [load('init.parent'), text(name), flags, 0], { store: 'init.fd', failure }),
    init('close', [load('init.parent')]),
  ]
}

function symlinkSteps(target: string, link: string, paths: SafePaths): Step[] {
  const failure: StepFailure = { code: 'MOUNT_FAILED' }
  const { parent, name } = splitPath(target)
  return [
    ...paths.makeDirectory(parent, { failure }),
    ...paths.open(parent, failure),
    init('symlinkat', [text(link), load('init.parent'), text(name)], { failure }),
    init('close', [load('init.parent')]),
  ]
}

function tmpfsSteps(target: string, mount: TmpfsMount, paths: SafePaths): Step[] {
  const failure: StepFailure = { code: 'MOUNT_FAILED' }
  return [
    ...paths.makeDirectory(target, { failure }),
    ...paths.open(target, failure),
    // mount(2) takes a path, so the init enters the opened directory and mounts on ".".
    init('fchdir', [load('init.parent')]),
    tmpfsStep('.', mount),
    init('chdir', [text('/')]),
    init('close', [load('init.parent')]),
  ]
}
