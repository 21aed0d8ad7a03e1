import { constants, fstatSync, lstatSync, readlinkSync, type Stats } from 'node:fs'
import { constants as osConstants } from 'node:os'
import { dirname, relative, sep } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { closeDescriptor } from '../../ffi/libc.ts'
import { openPath } from '../../ffi/open.ts'
import { O_NONBLOCK, O_PATH, O_RDONLY, RESOLVE_NO_SYMLINKS } from '../../linux/constants.ts'
import { ErrnoError, errnoText } from '../../linux/errno.ts'

/** A path of the host that an option of a run names. */
export interface HostPathOption {
  /** The absolute path. */
  readonly path: string
  /** Whether the path may be a symbolic link. True only for the caller's own path, which no student can change. */
  readonly followLinks: boolean
}

const ELOOP = 40
const ENOTREG = 'is not a regular file'

/**
 * Opens a host path without reading from it (O_PATH), and refuses a symbolic link that a student may have made. Such a
 * link is the last part of the path, or a part below the current directory. Other parts may be links, such as a home
 * directory on another disk. The caller closes the descriptor.
 *
 * @throws {ErrnoError} ELOOP for such a link; ENOENT, EACCES, ENOTDIR
 */
function openHostPath({ path, followLinks }: HostPathOption): number {
  if (followLinks) return openPath(path, { flags: O_PATH, resolve: 0 })
  const below = relative(process.cwd(), path)
  const isBelow = below !== '..' && !below.startsWith(`..${sep}`)
  const fd = isBelow
    ? openPath(below === '' ? '.' : below, { flags: O_PATH, resolve: RESOLVE_NO_SYMLINKS })
    : openPath(path, { flags: O_PATH | constants.O_NOFOLLOW, resolve: 0 })
  if (!fstatSync(fd).isSymbolicLink()) return fd
  closeDescriptor(fd)
  throw new ErrnoError('openat2', ELOOP, JSON.stringify(path))
}

/** The host path of an open descriptor, without symbolic links (proc_pid_fd(5)). */
const physicalPath = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`)

/**
 * Resolves a host path, by the rules of {@link openHostPath}.
 *
 * @returns the path without links, and the type of the file
 * @throws {ErrnoError} ELOOP for a link that is not followed; ENOENT, EACCES, ENOTDIR
 */
export function lookUpHostPath(option: HostPathOption): { path: string; stats: Stats } {
  const fd = openHostPath(option)
  try {
    return { path: physicalPath(fd), stats: fstatSync(fd) }
  } finally {
    closeDescriptor(fd)
  }
}

/**
 * Opens a regular file of the host to read, by the rules of {@link openHostPath}. Refuses any other file, because a
 * FIFO would make the caller wait, and a device may have no end. The caller closes the descriptor.
 *
 * @throws {NodeJS.ErrnoException} ENOENT, EACCES, ELOOP; ENOTREG for a file that is not regular
 */
export function openHostFile(option: HostPathOption): number {
  const fd = openHostPath(option)
  try {
    if (!fstatSync(fd).isFile()) throw Object.assign(new Error(ENOTREG), { code: 'ENOTREG' })
    // This path opens the checked file, even if the file's name now means another file. `fs` would close the descriptor
    // once more at the end of a worker thread. By then, the descriptor's number may mean another file.
    return openPath(`/proc/self/fd/${fd}`, { flags: O_RDONLY | O_NONBLOCK, resolve: 0 })
  } finally {
    closeDescriptor(fd)
  }
}

/** The link that {@link openHostPath} refused: the last part of the path that is a link. */
function refusedLink(path: string): string {
  for (let part = path; part !== dirname(part); part = dirname(part)) {
    if (lstatSync(part, { throwIfNoEntry: false })?.isSymbolicLink()) return part
  }
  return path
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is not a directory',
  EACCES: 'cannot be read by this user',
  ENOTREG: `${ENOTREG}`,
}

const NO_OPENAT2 =
  'Gradebox needs this system call (Linux 5.6) to open a path without following links. A sandbox or container around the tests refuses it: let its filter allow openat2, or run the tests outside.'

/** An error's name with its meaning: `EIO: i/o error`. */
function inWords(code: string): string {
  const number = (osConstants.errno as Readonly<Record<string, number>>)[code]
  return number === undefined ? code : `${code}: ${errnoText(number)}`
}

/** Why a host path cannot be used, as the end of a sentence that starts with the path. */
export function hostPathTrouble(
  { code = 'EIO' }: NodeJS.ErrnoException,
  { path, followLinks }: HostPathOption,
): { readonly why: string; readonly hint?: string } {
  if (code === 'ENOSYS') {
    return { why: `cannot be opened: openat2(2): ${inWords(code)}`, hint: NO_OPENAT2 }
  }
  if (code !== 'ELOOP' || followLinks) {
    return { why: reasons[code] ?? `cannot be used: ${inWords(code)}` }
  }
  const link = refusedLink(path)
  const what =
    link === path ? 'is a symbolic link' : `is behind the symbolic link ${JSON.stringify(link)}`
  return {
    why: `${what}, which is not followed`,
    hint: 'A student can make a link that leads to any file of this machine. Name the file or directory itself, or set `followLinks: true` if only you can change this path.',
  }
}

/** The error of a host file that cannot be opened. */
export function hostFileError(
  cause: NodeJS.ErrnoException,
  file: HostPathOption,
  { purpose, hint: usual }: { readonly purpose: string; readonly hint: string },
): SandboxError {
  const path = JSON.stringify(file.path)
  const { why, hint = usual } = hostPathTrouble(cause, file)
  return new SandboxError(`The file ${path}, meant for ${purpose}, ${why}`, {
    code: 'SETUP_FAILED',
    step: { syscall: 'open', call: `open(${path})`, errno: cause.code ?? 'EIO', process: 'spawn' },
    hint,
    cause,
  })
}
