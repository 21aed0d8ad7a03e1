import { visible, visibleLine } from '../units/visible.ts'

/**
 * Every `SandboxErrorCode`. docs/errors.md explains the cause and the fix of each code, under an anchor with the code's
 * name.
 */
export const sandboxErrorCodes = [
  'OPTION_INVALID',
  'POLICY_INVALID',
  'PROGRAM_NOT_FOUND',
  'PROGRAM_NOT_EXECUTABLE',
  'MOUNT_FAILED',
  'LIMIT_UNAVAILABLE',
  'SECCOMP_UNAVAILABLE',
  'NAMESPACES_UNAVAILABLE',
  'ISOLATION_UNAVAILABLE',
  'UNSUPPORTED_PLATFORM',
  'SETUP_FAILED',
  'JUDGE_FAILED',
  'MACHINE_BUSY',
] as const

/** The reason why Gradebox could not run a program. */
export type SandboxErrorCode = (typeof sandboxErrorCodes)[number]

/** The place in the documentation that explains a code. */
const documentationOf = (code: SandboxErrorCode): string => `docs/errors.md#${code.toLowerCase()}`

/** The system call that failed during the set-up of a sandbox. */
export interface FailedStep {
  /** The system call's name, as its manual page spells it: `mount`. */
  readonly syscall: string
  /** The call with its arguments decoded: `mount("/opt/jdk" -> "/opt/jdk", MS_BIND|MS_REC)`. */
  readonly call: string
  /** The error's name: `ENOENT`. */
  readonly errno: string
  /** The process that made the call. `spawn` means the process that uses Gradebox. */
  readonly process: 'spawn' | 'starter' | 'init' | 'idmap' | 'target'
}

export interface SandboxErrorDetails {
  readonly code: SandboxErrorCode
  readonly step?: FailedStep | undefined
  readonly hint?: string | undefined
  readonly cause?: unknown
}

// The symbol is in the global registry, because under Jest and Vitest's vm pools each realm has its own classes. The
// usual `instanceof` fails for an error from another realm.
const brand = Symbol.for('gradebox.SandboxError')

/**
 * Thrown when Gradebox could not run a program; never for anything that a program did.
 *
 * @example
 * try {
 *   await sandboxed('./a.out', [], { workdir: 'submissions/alice' })
 * } catch (error) {
 *   if (isSandboxError(error)) console.error(error.code, error.step?.call, error.hint)
 * }
 */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  readonly code: SandboxErrorCode
  /** The step of the set-up that failed; absent when no system call was involved. */
  readonly step: FailedStep | undefined
  /** The change that makes the run work. The message contains the hint too. */
  readonly hint: string | undefined

  /** @param summary - one line, or several lines. Unsafe characters, including line breaks, become escapes. */
  constructor(summary: string | readonly string[], details: SandboxErrorDetails) {
    const { code, step, hint, cause } = details
    const lines = typeof summary === 'string' ? [summary] : summary
    const safeHint = hint === undefined ? undefined : visibleLine(hint)
    const message = [
      ...lines.map(visibleLine),
      ...(safeHint === undefined ? [] : [`  hint: ${safeHint}`]),
      `  see: ${documentationOf(code)}`,
    ]
    super(message.join('\n'), cause === undefined ? undefined : { cause: safeCause(cause) })
    this.code = code
    this.step = step === undefined ? undefined : { ...step, call: visibleLine(step.call) }
    this.hint = safeHint
    Object.defineProperty(this, brand, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isSandboxError(value)
  }
}

// Escapes the unsafe characters of a cause, because test runners print causes too. A Node error has paths in `message`
// and in `path`.
function safeCause(cause: unknown): unknown {
  if (!(cause instanceof Error) || isSandboxError(cause)) return cause
  const texts = [cause.message, cause.stack ?? '', ...Object.values(cause).map(String)]
  if (texts.every((text) => visible(text) === text) && !cause.message.includes('\n')) return cause
  const safe = new Error(visibleLine(cause.message))
  safe.name = visibleLine(cause.name)
  safe.stack = visible(cause.stack ?? '')
  const { code, errno, syscall } = cause as NodeJS.ErrnoException
  return Object.assign(safe, code === undefined ? {} : { code, errno, syscall })
}

/** Whether a value is a `SandboxError`, including an error from another realm or from another copy of Gradebox. */
export function isSandboxError(value: unknown): value is SandboxError {
  return typeof value === 'object' && value !== null && brand in value
}
