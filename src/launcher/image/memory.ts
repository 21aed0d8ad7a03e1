import { writeFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { addSeals, closeDescriptor, memfdCreate } from '../../ffi/libc.ts'
import {
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  MFD_EXEC,
  MFD_NOEXEC_SEAL,
} from '../../linux/constants.ts'
import { ErrnoError } from '../../linux/errno.ts'

/** A launch program that the kernel can execute. */
export interface Executable {
  /** The path for posix_spawn(3). */
  readonly path: string
  /** Releases the file. Call this function after posix_spawn(3) has returned, because the program runs from then on. */
  readonly dispose: () => void
  /** True for a memfd, and false for a temporary file. */
  readonly isInMemory: boolean
}

/**
 * Stores a launch program in a sealed memfd, which the kernel can execute and no process can change. If
 * vm.memfd_noexec = 2 forbids executable memfds, the function stores the program in a temporary file instead.
 *
 * @throws {ErrnoError} when the kernel refuses the memfd for another reason
 */
export function makeExecutable(image: Uint8Array): Executable {
  try {
    const fd = sealedMemfd(image)
    return { path: `/proc/self/fd/${fd}`, dispose: () => closeDescriptor(fd), isInMemory: true }
  } catch (error) {
    if (!(error instanceof ErrnoError) || error.code !== 'EACCES') throw error
    return temporaryExecutable(image)
  }
}

/** Makes an empty memfd that may grow. The caller closes the memfd. */
export function makeMemfd(name: string): number {
  return createMemfd(name, MFD_NOEXEC_SEAL)
}

// MFD_EXEC and MFD_NOEXEC_SEAL exist since Linux 6.3. Older kernels return EINVAL for these flags, and every memfd of an
// older kernel is executable.
function createMemfd(name: string, flags: number): number {
  try {
    return memfdCreate(name, flags)
  } catch (error) {
    if (!(error instanceof ErrnoError) || error.code !== 'EINVAL') throw error
    return memfdCreate(name, 0)
  }
}

function sealedMemfd(image: Uint8Array): number {
  const fd = createMemfd('gradebox-launcher', MFD_EXEC)
  try {
    writeAll(fd, image)
    addSeals(fd, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
    return fd
  } catch (error) {
    closeDescriptor(fd)
    throw error
  }
}

/** Writes the whole contents, in as many calls as the kernel needs. */
export function writeAll(fd: number, contents: Uint8Array): void {
  let written = 0
  while (written < contents.length) written += writeSync(fd, contents, written)
}

function temporaryExecutable(image: Uint8Array): Executable {
  const require = createRequire(import.meta.url)
  const { fileSync } = require('tmp-promise') as typeof import('tmp-promise')
  const file = fileSync({ prefix: 'gradebox-launcher-', mode: 0o700, discardDescriptor: true })
  writeFileSync(file.name, image)
  return { path: file.name, dispose: file.removeCallback, isInMemory: false }
}
