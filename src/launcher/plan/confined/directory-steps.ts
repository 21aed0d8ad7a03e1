import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  FICLONE,
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
} from '../../../linux/constants.ts'
import { flatMapInPieces, type Work } from '../../../work.ts'
import type { Arch } from '../../machine/machine.ts'
import type { SandboxFile } from '../../sandbox-shape.ts'
import { type Area, load, type Step, type StepFailure, stepsOf, text } from '../../step.ts'
import { copySteps, type DirectoryEntry, finishCopySteps, isCopied } from '../copy.ts'
import { writeFileSteps } from '../file-steps.ts'
import { type Ids, openHow, SafePaths } from '../paths.ts'

const init = stepsOf('init')

/** A directory of the host, of which each run gets a copy. */
export interface CopiedDirectory {
  /** Absolute path with every symbolic link resolved. */
  readonly source: string
  readonly entries: readonly DirectoryEntry[]
}

export interface DirectoryOptions {
  readonly arch: Arch
  /** The absolute path of the run's own directory, which contains the program's directories. */
  readonly path: string
  /** The owner of the new files; by default the user who runs the tests. */
  readonly owner: Ids | undefined
  readonly workdir: CopiedDirectory | undefined
  /** Targets below /work and /tmp. */
  readonly files: readonly SandboxFile[]
}

/** The directories of a run in which the program may write, by their names in the run's own directory. */
export const OWN_DIRECTORIES = ['work', 'tmp'] as const

export const directoryAreas: readonly Area[] = [
  { name: 'copied', fields: [{ name: 'source', size: 8 }] },
]

/** Steps that make a run's directories and fill them. The init stays in the run's own directory. */
export function* makeDirectorySteps(options: DirectoryOptions): Work<Step[]> {
  const { arch, path, owner, workdir, files } = options
  const paths = new SafePaths(arch, path)
  const failure: StepFailure = {
    code: 'SETUP_FAILED',
    hint: `The directory ${JSON.stringify(path)} is made for this run: is its file system full, or was it removed meanwhile?`,
  }
  return [
    init('chdir', [text(path)], { failure }),
    ...OWN_DIRECTORIES.flatMap((name) => [
      init('mkdirat', [AT_FDCWD, text(name), 0o700], { failure }),
      ...chownSteps(name, owner),
    ]),
    ...(workdir === undefined ? [] : yield* copyDirectorySteps(workdir, options)),
    ...(yield* flatMapInPieces(files, ({ target, contents }) =>
      writeFileSteps(target.slice(1), contents, { arch, owner, paths }),
    )),
  ]
}

const chownSteps = (path: string, owner: Ids | undefined): Step[] =>
  owner === undefined
    ? []
    : [init('fchownat', [AT_FDCWD, text(path), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW])]

function* copyDirectorySteps(
  { source, entries }: CopiedDirectory,
  { arch, owner }: DirectoryOptions,
): Work<Step[]> {
  const failure: StepFailure = {
    code: 'MOUNT_FAILED',
    hint: `The directory ${JSON.stringify(source)} could not be copied to /work. Check that the user who runs the tests can read it, and that the file system of the copy has room for it.`,
  }
  const copied = entries.filter(isCopied)
  const options = { from: 'copied.source', target: '/work', arch, failure }
  const flags = O_PATH | O_DIRECTORY[arch] | O_CLOEXEC
  return [
    init('openat', [AT_FDCWD, text(source), flags, 0], { store: 'copied.source', failure }),
    init('chdir', [text('work')]),
    ...(yield* flatMapInPieces(copied, (entry) =>
      entry.type === 'file' && entry.sizeBytes > 0
        ? cloneSteps(entry, options)
        : copySteps(entry, options),
    )),
    // The init sets the time and the mode of a directory after it has filled the directory. A new file changes the
    // time, and needs a writable directory. The init changes the owners last, because root may lack the capability to
    // change files of other users (CAP_FOWNER).
    ...(yield* flatMapInPieces(copied.toReversed(), (entry) =>
      finishCopySteps(entry, { target: '/work' }),
    )),
    ...(yield* flatMapInPieces(copied, ({ path }) => chownSteps(path, owner))),
    init('chdir', [text('..')]),
    init('close', [load('copied.source')]),
  ]
}

type CloneOptions = Parameters<typeof copySteps>[1]

// The copy shares the data of the source if the file system can share data (ioctl_ficlone(2)). Otherwise the kernel
// copies the data.
function cloneSteps(entry: DirectoryEntry, { from, target, arch, failure }: CloneOptions): Step[] {
  const { path, mode, sizeBytes } = entry
  const shown = JSON.stringify(`${target}/${path}`)
  const flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW[arch]
  const how = openHow(flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)
  const made = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
  const cloned = `cloned ${path}`
  const [, , ...sent] = copySteps(entry, { from, target, arch, failure })
  const copies = sent.slice(0, -2)
  return [
    init('openat2', [load(from), text(path), ...how], { store: 'init.from', failure }),
    init('openat', [AT_FDCWD, text(path), made, mode], { store: 'init.fd', shown, failure }),
    init('ioctl', [load('init.fd'), FICLONE, load('init.from')], {
      onError: 'continue',
      whenEqual: { value: 0, goto: cloned },
    }),
    ...(sizeBytes > 0 ? copies : []),
    init('close', [load('init.from')], { label: cloned }),
    init('close', [load('init.fd')]),
  ]
}
