import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  ENOENT,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
} from '../../../ffi/constants.ts'
import type { Arch } from '../machine/machine.ts'
import { load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { idMappedMountSteps } from './idmap.ts'
import { bindSteps, type HostMount } from './mounts.ts'
import { FreshDirectories, type Ids, openHow, SafePaths, splitPath } from './paths.ts'

const init = stepsOf('init')

/** A file of a host directory that is shown at /work. */
export interface WorkdirEntry {
  /** Relative to the directory; the directory itself is not among them. */
  readonly path: string
  /** `other`: a FIFO, socket or device, which a copy leaves out. */
  readonly type: 'directory' | 'file' | 'symlink' | 'other'
  /** Permission bits. */
  readonly mode: number
  readonly sizeBytes: number
  readonly modifiedMs: number
  /** A symbolic link's text. */
  readonly link?: string
}

/** How /work comes to be. */
export type Workdir =
  | { readonly how: 'empty' }
  /** The directory itself; `remount` as in BindOptions. */
  | {
      readonly how: 'bind'
      readonly source: string
      readonly readOnly: boolean
      readonly remount?: readonly HostMount[] | undefined
    }
  /** The directory itself, as if the program owned what belongs to its owner. */
  | {
      readonly how: 'idmapped'
      readonly source: string
      readonly disk: { readonly uid: number; readonly gid: number }
    }
  /** An overlay whose changes stay in the sandbox; with `chown`, its files become the program's. */
  | {
      readonly how: 'overlay'
      readonly source: string
      readonly options: string
      readonly chown: readonly WorkdirEntry[]
      readonly readOnly: boolean
    }
  /** A copy in the sandbox's tmpfs. */
  | {
      readonly how: 'copy'
      readonly source: string
      readonly entries: readonly WorkdirEntry[]
      readonly readOnly: boolean
    }

interface WorkdirOptions {
  readonly workdir: Workdir
  readonly arch: Arch
  /** The unprivileged ids that root gives the program; files made as root must become theirs. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

const failureFor = (source: string): StepFailure => ({
  code: 'MOUNT_FAILED',
  hint: `The working directory ${JSON.stringify(source)} could not be shown at /work. Check that the user who runs the tests can read it, and that it fits the disk limit (limits.disk).`,
})

/** The failing step that says "no overlay here": the caller then plans a copy. */
export const isOverlayRefusal = (step: Step): boolean =>
  step.syscall === 'mount' && step.label === 'workdir.overlay'

/** Steps before the root is entered: the host's paths are still there. */
export function mountWorkdirSteps({ workdir, arch, owner }: WorkdirOptions): Step[] {
  if (workdir.how === 'bind') {
    const { source, readOnly, remount } = workdir
    const bind = { source, target: 'work', isDirectory: true, readOnly, remount }
    return bindSteps(bind, new FreshDirectories())
  }
  const own = owner === undefined ? [] : [chownStep('work', owner)]
  const mkdir = init('mkdirat', [AT_FDCWD, text('work'), 0o755])
  if (workdir.how === 'idmapped' && owner !== undefined) {
    const { source, disk } = workdir
    return [mkdir, ...idMappedMountSteps({ source, target: 'work', disk, owner })]
  }
  if (workdir.how === 'overlay') return [mkdir, ...overlaySteps(workdir, owner)]
  const bind = init('mount', [text('work'), text('work'), 0, MS_BIND, 0], {
    failure: { code: 'MOUNT_FAILED' },
  })
  if (workdir.how !== 'copy') return [mkdir, ...own, bind]
  // The copy is made once the root is entered, when no link in the source leads out any more.
  const openSource = init(
    'openat',
    [AT_FDCWD, text(workdir.source), O_PATH | O_CLOEXEC | O_DIRECTORY[arch], 0],
    { store: 'init.source', failure: failureFor(workdir.source) },
  )
  return [mkdir, ...own, bind, openSource]
}

function overlaySteps(
  { source, options }: Workdir & { how: 'overlay' },
  owner: WorkdirOptions['owner'],
): Step[] {
  // overlayfs.rst: a link in place of the path, which may have a comma or a colon.
  const data = `lowerdir=../lower,upperdir=../upper,workdir=../work${options}`
  return [
    init('symlinkat', [text(source), AT_FDCWD, text('../lower')]),
    ...(owner === undefined ? [] : [chownStep('../upper', owner)]),
    init(
      'mount',
      [text('overlay'), text('work'), text('overlay'), MS_NOSUID | MS_NODEV, text(data)],
      {
        label: 'workdir.overlay',
        failure: failureFor(source),
      },
    ),
  ]
}

const chownStep = (path: string, { uid, gid }: { uid: number; gid: number }): Step =>
  init('fchownat', [AT_FDCWD, text(path), uid, gid, AT_SYMLINK_NOFOLLOW])

/** Steps in the entered root, still with the init's first privileges: contents, owners, read-only. */
export function fillWorkdirSteps({ workdir, arch, owner }: WorkdirOptions): Step[] {
  if (workdir.how !== 'overlay' && workdir.how !== 'copy') return []
  const steps =
    workdir.how === 'copy'
      ? [
          ...workdir.entries
            .filter(isCopied)
            .flatMap((entry) => copySteps(entry, arch, workdir.source)),
          init('close', [load('init.source')]),
        ]
      : []
  const owned = workdir.how === 'copy' ? workdir.entries.filter(isCopied) : workdir.chown
  if (owner !== undefined) steps.push(...ownSteps(owned, owner, new SafePaths(arch)))
  if (workdir.how === 'copy') {
    // Children first: a directory may be one that nobody may enter.
    steps.push(...workdir.entries.filter(isCopied).reverse().flatMap(finishCopySteps))
  }
  if (workdir.readOnly) {
    const flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
    steps.push(init('mount', [0, text('work'), 0, flags, 0], { failure: { code: 'MOUNT_FAILED' } }))
  }
  return steps
}

// By descriptors, directory by directory: what was one when the host was looked at may be a link now.
function ownSteps(entries: readonly WorkdirEntry[], owner: Ids, paths: SafePaths): Step[] {
  const children = new Map<string, string[]>()
  for (const { path } of entries) {
    const { parent, name } = splitPath(`work/${path}`)
    const names = children.get(parent)
    if (names === undefined) children.set(parent, [name])
    else names.push(name)
  }
  return [...children].flatMap(([parent, names]) => [
    ...paths.open(parent, { code: 'MOUNT_FAILED' }),
    ...names.map((name) =>
      init(
        'fchownat',
        [load('init.parent'), text(name), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW],
        { shown: `"/${parent}/${name}", ${owner.uid}, ${owner.gid}`, tolerate: ENOENT },
      ),
    ),
    init('close', [load('init.parent')]),
  ])
}

const isCopied = ({ type }: WorkdirEntry): boolean => type !== 'other'

function copySteps(entry: WorkdirEntry, arch: Arch, source: string): Step[] {
  const target = text(`work/${entry.path}`)
  const failure = failureFor(source)
  if (entry.type === 'directory') {
    return [init('mkdirat', [AT_FDCWD, target, entry.mode | 0o700], { failure })]
  }
  if (entry.type === 'symlink') {
    return [init('symlinkat', [text(entry.link ?? ''), AT_FDCWD, target], { failure })]
  }
  const how = openHow(
    O_RDONLY | O_CLOEXEC | O_NOFOLLOW[arch],
    0,
    RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
  )
  return [
    init('openat2', [load('init.source'), text(entry.path), ...how], {
      store: 'init.from',
      failure,
    }),
    init('openat', [AT_FDCWD, target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, entry.mode], {
      store: 'init.fd',
      failure,
    }),
    ...sendSteps(entry.sizeBytes, failure),
    init('close', [load('init.from')]),
    init('close', [load('init.fd')]),
  ]
}

/** sendfile(2) copies at most this much a call. */
const SENDFILE_MAX = 0x7fff_f000

function sendSteps(sizeBytes: number, failure: StepFailure): Step[] {
  return Array.from({ length: Math.ceil(sizeBytes / SENDFILE_MAX) }, (_, index) => {
    const length = Math.min(SENDFILE_MAX, sizeBytes - index * SENDFILE_MAX)
    return init('sendfile', [load('init.fd'), load('init.from'), 0, length], {
      whenDifferent: { value: length, goto: 'fail' },
      failure,
    })
  })
}

// Build tools look at modification times. A change of owner clears some of the mode's bits.
function finishCopySteps({ path, type, mode, modifiedMs }: WorkdirEntry): Step[] {
  const seconds = Math.floor(modifiedMs / 1000)
  const nanoseconds = Math.min(999_999_999, Math.round((modifiedMs - seconds * 1000) * 1e6))
  const times = words(seconds, nanoseconds, seconds, nanoseconds)
  return [
    init('utimensat', [AT_FDCWD, text(`work/${path}`), times, AT_SYMLINK_NOFOLLOW]),
    ...(type === 'symlink' ? [] : [init('fchmodat', [AT_FDCWD, text(`work/${path}`), mode])]),
  ]
}
