import { posix } from 'node:path'
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  EEXIST,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
} from '../../linux/constants.ts'
import type { Arch } from '../machine/machine.ts'
import { load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'

const init = stepsOf('init')

/**
 * The mount point of the sandbox's tmpfs while the init builds the sandbox. The tmpfs covers this directory only
 * in the init's mount namespace. The directory must exist on every machine, and no mount may have its source
 * there. The new root is the directory `root` of the tmpfs.
 */
export const BASE = '/proc'

/** A user and a group. */
export interface Ids {
  readonly uid: number
  readonly gid: number
}

/** struct open_how of openat2(2), and its size. */
export const openHow = (flags: number, mode: number, resolve: number) =>
  [words(flags, mode, resolve), 24] as const

/** A host path that a step of the launch program opens. */
export interface HostSource {
  /** Absolute, with every symbolic link resolved. */
  readonly source: string
  /** The place for the descriptor. Later steps of the plan must close this descriptor. */
  readonly store: string
  readonly failure: StepFailure
}

/**
 * The step that opens a host path. Node has already resolved the links of the path. If the path contains a link now,
 * someone has planted the link since. The kernel refuses such a link (openat2(2), RESOLVE_NO_SYMLINKS).
 */
export const openSourceStep = ({ source, store, failure }: HostSource): Step =>
  init(
    'openat2',
    [AT_FDCWD, text(source), ...openHow(O_PATH | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS)],
    { store, shown: `${JSON.stringify(source)}, RESOLVE_NO_SYMLINKS`, failure },
  )

/** Steps that make a detached mount of a host path (open_tree(2)), and follow no link. */
export function openSourceTreeSteps(path: HostSource, flags: number): Step[] {
  const { source, store, failure } = path
  return [
    openSourceStep({ ...path, store: 'init.from' }),
    init('open_tree', [load('init.from'), text(''), flags | AT_EMPTY_PATH], {
      store,
      shown: JSON.stringify(source),
      failure,
    }),
    init('close', [load('init.from')]),
  ]
}

/** A path's directory and its last part: `etc` and `passwd` for `etc/passwd`, `.` and `x` for `x`. */
export function splitPath(path: string): { readonly parent: string; readonly name: string } {
  return { parent: posix.dirname(path), name: posix.basename(path) }
}

/** Directories that the plan makes in the fresh root, before the plan mounts any foreign files there. */
export class FreshDirectories {
  readonly #made = new Set<string>(['.', '/', ''])

  /** Steps that make a directory and its parents. */
  make(path: string, failure?: StepFailure): Step[] {
    if (this.#made.has(path)) return []
    const steps = this.make(posix.dirname(path), failure)
    this.#made.add(path)
    const options = failure === undefined ? {} : { failure }
    steps.push(init('mkdirat', [AT_FDCWD, text(path), 0o755], { tolerate: EEXIST, ...options }))
    return steps
  }
}

/**
 * Paths in the entered root, which contains mounted files of a student and of the host. The steps open each directory
 * and follow no symbolic link (openat2(2)). The steps make new files inside the opened directory. A planted link causes
 * an error.
 */
export class SafePaths {
  readonly #arch: Arch
  readonly #base: string
  readonly #made = new Set<string>(['.', '/', ''])

  /** @param base the path at which the program sees the init's current directory */
  constructor(arch: Arch, base = '/') {
    this.#arch = arch
    this.#base = base
  }

  /** The path that the program sees, as text for a person. */
  shown(path: string): string {
    return JSON.stringify(posix.resolve(this.#base, path))
  }

  /** Steps that open a directory as `init.parent`. Later steps of the plan must close this descriptor. */
  open(path: string, failure: StepFailure): Step[] {
    return [this.#openStep(path, failure)]
  }

  /** Steps that make a directory and its parents. New directories belong to `owner`, if it is set. */
  makeDirectory(
    path: string,
    { failure, owner }: { failure: StepFailure; owner?: Ids | undefined },
  ): Step[] {
    if (this.#made.has(path)) return []
    const { parent, name } = splitPath(path)
    const steps = this.makeDirectory(parent, { failure, owner })
    this.#made.add(path)
    const done = `directory ${path}`
    return [
      ...steps,
      this.#openStep(parent, failure),
      init('mkdirat', [load('init.parent'), text(name), 0o755], {
        shown: JSON.stringify(`/${path}`),
        whenEqual: { value: -EEXIST, goto: done },
        failure,
      }),
      ...(owner === undefined
        ? []
        : [
            init(
              'fchownat',
              [load('init.parent'), text(name), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW],
              { shown: `${JSON.stringify(`/${path}`)}, ${owner.uid}, ${owner.gid}` },
            ),
          ]),
      init('close', [load('init.parent')], { label: done }),
    ]
  }

  #openStep(path: string, failure: StepFailure): Step {
    const flags = O_PATH | O_DIRECTORY[this.#arch] | O_CLOEXEC
    const how = openHow(flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)
    return init('openat2', [AT_FDCWD, text(path), ...how], {
      store: 'init.parent',
      shown: `${this.shown(path)}, RESOLVE_IN_ROOT|RESOLVE_NO_SYMLINKS`,
      failure,
    })
  }
}
