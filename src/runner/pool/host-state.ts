import { closeSync, openSync } from 'node:fs'
import { fileStatus } from '../../ffi/file-status.ts'
import { hasNews } from '../../ffi/libc.ts'

/**
 * The identity of the files at some host paths, as text to compare. Equal text means the same files: the kernel keeps
 * the inode of a bound file, so no other file gets the same inode number (inode(7)).
 */
export const identityOf = (paths: readonly string[]): string =>
  paths.map((path) => fileStatus(path)?.identity ?? '-').join(' ')

/** Reports changes to this process's table of mounts (proc_pid_mountinfo(5)). */
export class MountWatch {
  #fd: number | undefined

  /** Starts the watch, unless it has started. */
  open(): void {
    this.#fd ??= openSync('/proc/self/mountinfo', 'r')
  }

  /** Whether anything was mounted or unmounted since the last call. */
  hasChanged(): boolean {
    return this.#fd !== undefined && hasNews(this.#fd)
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}
