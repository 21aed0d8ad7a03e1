import { SandboxError } from '../errors/sandbox-error.ts'
import type { ErrnoError } from '../linux/errno.ts'

const hints: Readonly<Record<string, string>> = {
  EAGAIN: 'The user or container is at its limit of processes; raise it, or lower `concurrency`.',
  ENOMEM: 'The machine or container is out of memory; lower `concurrency`.',
  ENFILE:
    'The machine is at its limit of open files (sysctl fs.file-max); raise it, or lower `concurrency`.',
  EMFILE:
    'This process is at its limit of open files (ulimit -n); raise it, or lower `concurrency`.',
}

/**
 * The error for a failed system call of this process, before anything started.
 *
 * @param summary the operation that failed because of the call
 * @param ownHints the advice for an errno that is specific to this call
 */
export const ownCallError = (
  summary: string,
  cause: ErrnoError,
  ownHints: Readonly<Record<string, string>> = {},
): SandboxError =>
  new SandboxError(summary, {
    code: 'SETUP_FAILED',
    step: { syscall: cause.syscall, call: cause.message, errno: cause.code, process: 'spawn' },
    hint: ownHints[cause.code] ?? hints[cause.code],
    cause,
  })
