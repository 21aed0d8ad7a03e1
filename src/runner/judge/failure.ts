import { readFileSync } from 'node:fs'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { describeStep } from '../../launcher/describe/describe-step.ts'
import { FD } from '../../launcher/plan/fd-numbers.ts'
import type { Step } from '../../launcher/step.ts'
import { errnoName, errnoText } from '../../linux/errno.ts'

/** The highest descriptor number of the launch program. */
const LAST_FD = Math.max(...Object.values(FD))

/** The error for a failed step, or for a step that a damaged report names. */
export function failureError(step: Step | undefined, result: number): SandboxError {
  if (step !== undefined) return stepError(step, result)
  const summary = 'The sandbox could not be set up: a step failed that is not in the plan'
  return new SandboxError(summary, { code: 'SETUP_FAILED' })
}

/** The error for a step of the launch program that failed. */
export function stepError(step: Step, result: number): SandboxError {
  const call = describeStep(step)
  const code = step.failure?.code ?? 'SETUP_FAILED'
  // A step also fails when its result is not an error but differs from the result in the plan.
  const isError = result < 0
  const errno = isError ? errnoName(-result) : `result ${result}`
  const why = isError ? `${errno}: ${errnoText(-result)}` : `unexpected ${errno}`
  return new SandboxError(`The sandbox could not be set up: ${call}: ${why}`, {
    code,
    step: { syscall: step.syscall, call, errno, process: step.process },
    hint: hintFor(step, -result),
  })
}

function hintFor(step: Step, errno: number): string | undefined {
  if (step.failure?.code === 'NAMESPACES_UNAVAILABLE' && step.failure.hint === undefined) {
    return namespaceHint(errnoName(errno), readSetting)
  }
  // dup2(2): a number at or above the limit of open files is a bad descriptor.
  if (step.syscall === 'dup3' && errnoName(errno) === 'EBADF') {
    return `A sandbox needs descriptors up to ${LAST_FD}: raise the limit of open files (ulimit -n) to 64 or more.`
  }
  if (errnoName(errno) === 'EMFILE') {
    return 'This process is at its limit of open files: raise it (ulimit -n), or lower `concurrency`.'
  }
  if (errnoName(errno) === 'ENOSPC') {
    return `The sandbox's file system is full: raise limits.disk. ${step.failure?.hint ?? ''}`.trim()
  }
  if (errnoName(errno) === 'EROFS') {
    return `The target is inside a read-only mount. Make it in the mount's source, or mount the source as an overlay. ${step.failure?.hint ?? ''}`.trim()
  }
  if (step.syscall === 'move_mount' && errnoName(errno) === 'EINVAL') {
    return 'A directory can only be mounted on a directory, and a file on a file. The target is of the other kind.'
  }
  return step.failure?.hint
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim()
  } catch {
    return undefined
  }
}

/**
 * Names the setting that keeps this user from making namespaces.
 *
 * @param read returns a sysctl's value, or undefined if the sysctl does not exist
 */
export function namespaceHint(errno: string, read: (path: string) => string | undefined): string {
  // If the program gets no /proc of its own, the init writes the new namespace's settings through the host's /proc.
  if (errno === 'EROFS') {
    return '/proc/sys is read-only here, as in containers. Docker: --security-opt systempaths=unconfined'
  }
  if (read('user/max_user_namespaces') === '0') {
    return 'User namespaces are off: sudo sysctl -w user.max_user_namespaces=15000'
  }
  if (read('kernel/unprivileged_userns_clone') === '0') {
    return 'Debian setting: sudo sysctl -w kernel.unprivileged_userns_clone=1'
  }
  if (read('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'Ubuntu restricts user namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
  }
  if (errno === 'ENOSPC') {
    return 'Too many namespaces exist: see the limits in /proc/sys/user, or lower `concurrency`.'
  }
  if (errno === 'ENOMEM') return 'The machine or container is out of memory; lower `concurrency`.'
  return 'A container must allow namespaces; Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined'
}
