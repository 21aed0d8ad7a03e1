import {
  AT_EMPTY_PATH,
  CLONE_FILES,
  MOUNT_ATTR_IDMAP,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOSUID,
  O_CLOEXEC,
  O_RDONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  SIGCHLD,
} from '../../linux/constants.ts'
import { labelled, load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { becomeUserSteps } from './identity.ts'
import { openSourceTreeSteps } from './paths.ts'

const init = stepsOf('init')
const idmap = stepsOf('idmap')

export interface IdMappedTree {
  /** Absolute host path. */
  readonly source: string
  /** The memory field that stores the tree's descriptor. A later step mounts the tree. */
  readonly store: string
  /** The owner of the files on disk. */
  readonly disk: { readonly uid: number; readonly gid: number }
  /** The owner in the sandbox. Files that this owner makes there belong to the disk owner on disk. */
  readonly owner: { readonly uid: number; readonly gid: number }
}

/**
 * Steps by which root shows a host directory as if another user owned it (mount_setattr(2),
 * MOUNT_ATTR_IDMAP). The map belongs to a user namespace that a child makes. A user may map only
 * its own id, but may map this id to any id. The child therefore first becomes the owner in the sandbox.
 */
export function idMappedTreeSteps({ source, store, disk, owner }: IdMappedTree): Step[] {
  const failure: StepFailure = {
    code: 'MOUNT_FAILED',
    hint: `As root, Gradebox gives the program the files of ${JSON.stringify(source)} through an idmapped mount, which this kernel or file system does not have. Run the tests as the owner of the files, or show them copy-on-write.`,
  }
  const attributes = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
  return [
    init('clone', [CLONE_FILES | SIGCHLD, 0, 0, 0, 0], {
      store: 'init.from',
      whenEqual: { value: 0, goto: 'idmap' },
    }),
    init('wait4', [load('init.from'), 0, 0, 0]),
    ...openSourceTreeSteps({ source, store, failure }, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
    init(
      'mount_setattr',
      [load(store), text(''), AT_EMPTY_PATH, words(attributes, 0, 0, FD.idmap), 32],
      { failure, next: { goto: 'idmap.done' } },
    ),
    ...labelled('idmap', becomeUserSteps({ inside: disk, outside: owner }, 'idmap')),
    idmap('openat', [FD.proc, text('self/ns/user'), O_RDONLY | O_CLOEXEC, 0], {
      store: 'init.fd',
    }),
    idmap('dup3', [load('init.fd'), FD.idmap, O_CLOEXEC]),
    idmap('close', [load('init.fd')]),
    idmap('exit_group', [0]),
    init('close', [FD.idmap], { label: 'idmap.done' }),
  ]
}
