import { AT_FDCWD, O_CLOEXEC, SYS_openat2 } from '../linux/constants.ts'
import { ErrnoError } from '../linux/errno.ts'
import { cFunctions } from './c-library.ts'
import { openListed } from './thread-list.ts'

const libc = cFunctions((declare) => ({
  syscall: declare('syscall', 'long', ['long', 'int', 'void *', 'void *', 'uint64']),
  // off_t has 64 bits on x64 and arm64.
  sendfile: declare('sendfile', 'int64', ['int', 'int', 'void *', 'uint64']),
}))

/** The options of `openPath()`. */
export interface OpenPathOptions {
  /** Flags O_… of open(2); close-on-exec is always set. */
  readonly flags: number
  /** Flags RESOLVE_… of openat2(2). */
  readonly resolve: number
  /**
   * The directory from which a relative path starts.
   *
   * @default the current directory
   */
  readonly from?: number
}

/**
 * Opens a path, openat2(2). The caller closes the descriptor.
 *
 * @param path text, or bytes for a name that is not valid UTF-8
 * @throws {ErrnoError} ENOENT, EACCES, ELOOP for a link that `resolve` forbids
 */
export function openPath(path: string | Uint8Array, options: OpenPathOptions): number {
  const { flags, resolve, from = AT_FDCWD } = options
  const bytes = Buffer.from(path)
  // struct open_how: flags, mode, resolve.
  const how = new BigUint64Array([BigInt(flags | O_CLOEXEC), 0n, BigInt(resolve)])
  const name = Buffer.concat([bytes, Buffer.alloc(1)])
  const { syscall } = libc()
  const fd = openListed(() => Number(syscall(SYS_openat2, from, name, how, how.byteLength)))
  if (fd >= 0) return fd
  throw new ErrnoError('openat2', libc().koffi.errno(), JSON.stringify(bytes.toString()))
}

/**
 * Moves bytes of a file into a pipe without copying them through this process, sendfile(2).
 *
 * @param position the offset in the file
 * @returns the number of bytes moved; 0 at the end of the file; undefined when the pipe is full
 * @throws {ErrnoError} EPIPE when no process can read the pipe; EIO
 */
export function sendFile(
  pipe: number,
  file: number,
  position: number,
  length: number,
): number | undefined {
  const offset = new BigInt64Array([BigInt(position)])
  const sent = Number(libc().sendfile(pipe, file, offset, length))
  if (sent >= 0) return sent
  const error = new ErrnoError('sendfile', libc().koffi.errno(), `${pipe}, ${file}`)
  if (error.code === 'EAGAIN') return undefined
  throw error
}
