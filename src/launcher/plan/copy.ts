import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_WRONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
} from '../../linux/constants.ts'
import type { Arch } from '../machine/machine.ts'
import { load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { openHow } from './paths.ts'

const init = stepsOf('init')

/** A file of a host directory that the sandbox shows copy-on-write. */
export interface DirectoryEntry {
  /** The path relative to the directory; the directory itself has no entry. */
  readonly path: string
  /** `other`: a FIFO, socket or device, which a copy leaves out. */
  readonly type: 'directory' | 'file' | 'symlink' | 'other'
  /** Permission bits, and a directory's sticky bit. */
  readonly mode: number
  readonly sizeBytes: number
  readonly modifiedMs: number
  /** A symbolic link's text. */
  readonly link?: string
}

/** Whether a copy of the directory contains the entry. */
export const isCopied = ({ type }: DirectoryEntry): boolean => type !== 'other'

export interface CopyOptions {
  /** The place of the source's descriptor. */
  readonly from: string
  /** The copy's path in the sandbox, for errors. */
  readonly target: string
  readonly arch: Arch
  readonly failure: StepFailure
}

/** Steps that make an entry in the init's working directory, which belongs to the sandbox. */
export function copySteps(entry: DirectoryEntry, options: CopyOptions): Step[] {
  const { failure } = options
  const path = text(entry.path)
  const shown = shownPath(entry, options)
  if (entry.type === 'directory') {
    return [init('mkdirat', [AT_FDCWD, path, entry.mode | 0o700], { shown, failure })]
  }
  if (entry.type === 'symlink') {
    return [init('symlinkat', [text(entry.link ?? ''), AT_FDCWD, path], { shown, failure })]
  }
  const flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW[options.arch]
  const how = openHow(flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)
  return [
    init('openat2', [load(options.from), path, ...how], { store: 'init.from', failure }),
    init('openat', [AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, entry.mode], {
      store: 'init.fd',
      shown,
      failure,
    }),
    ...sendSteps(entry.sizeBytes, failure),
    init('close', [load('init.from')]),
    init('close', [load('init.fd')]),
  ]
}

const shownPath = ({ path }: DirectoryEntry, { target }: Pick<CopyOptions, 'target'>): string =>
  JSON.stringify(`${target}/${path}`)

/** sendfile(2) copies at most this many bytes per call. */
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

/**
 * Steps that set the time and the mode of a copied entry. Build tools read modification times. A change of the owner
 * clears some bits of the mode.
 */
export function finishCopySteps(entry: DirectoryEntry, options: { target: string }): Step[] {
  const { path, type, mode, modifiedMs } = entry
  const seconds = Math.floor(modifiedMs / 1000)
  const nanoseconds = Math.min(999_999_999, Math.round((modifiedMs - seconds * 1000) * 1e6))
  const times = words(seconds, nanoseconds, seconds, nanoseconds)
  const shown = shownPath(entry, options)
  return [
    init('utimensat', [AT_FDCWD, text(path), times, AT_SYMLINK_NOFOLLOW], { shown }),
    ...(type === 'symlink' ? [] : [init('fchmodat', [AT_FDCWD, text(path), mode], { shown })]),
  ]
}
