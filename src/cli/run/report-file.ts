import { isSandboxError } from '../../errors/sandbox-error.ts'
import type { SandboxResult } from '../../runner/result.ts'
import { exitCodeOf } from './exit-code.ts'

/** The intended run, for a report of a run that did not start. */
export interface Attempted {
  readonly command: string
  readonly args: readonly string[]
  readonly policy: string
}

type Result = SandboxResult<string | Uint8Array>

/**
 * The status codes of hakoniwa. OK means exited, SIG killed by a signal, and RFE a function that seccomp restricts. TLE
 * is the time limit, OLE the output limit, and SE a set-up error. Gradebox adds MLE for memory and CLE for CPU time.
 */
const codes: Readonly<Record<Result['status'], string>> = {
  exited: 'OK',
  signaled: 'SIG',
  aborted: 'SIG',
  seccomp: 'RFE',
  walltime: 'TLE',
  cpu: 'CLE',
  memory: 'MLE',
  output: 'OLE',
}

/** A report in hakoniwa's format, with additional keys of Gradebox. */
export function reportOf(result: Result, startTime: Date): object {
  const { status, signal, usage, syscall } = result
  return {
    // The kernel sends SIGXFSZ when a file would grow larger than its limit.
    status: signal === 'SIGXFSZ' ? codes.output : codes[status],
    reason: result.reason,
    exit_code: exitCodeOf(result),
    start_time: startTime.toISOString(),
    real_time: duration(usage.wallTimeMs),
    system_time: duration(usage.systemTimeMs),
    user_time: duration(usage.userTimeMs),
    max_rss: Math.round(usage.maxRssBytes / 1024),
    verdict: status,
    signal: signal ?? null,
    syscall: syscall === undefined ? null : { ...syscall, args: syscall.args.map(hexadecimal) },
    usage,
    limits: result.limits,
    enforcement: result.enforcement,
    policy: result.policy,
    command: result.command,
    args: result.args,
  }
}

/** The report of a run that could not start as the policy requires. */
export function failureReport(error: unknown, attempted: Attempted): object {
  const message = error instanceof Error ? error.message : String(error)
  const details = isSandboxError(error)
    ? { code: error.code, step: error.step ?? null, hint: error.hint ?? null }
    : null
  const unknown = ['exit_code', 'start_time', 'real_time', 'system_time', 'user_time', 'max_rss']
  return {
    status: 'SE',
    reason: message.split(/\n {2}(?:hint|see): /, 1)[0],
    ...Object.fromEntries(unknown.map((key) => [key, null])),
    error: details,
    ...attempted,
  }
}

/** The format in which Rust's serde writes a Duration. */
function duration(ms: number): { secs: number; nanos: number } {
  const nanos = Math.round(ms * 1e6)
  return { secs: Math.floor(nanos / 1e9), nanos: nanos % 1e9 }
}

const hexadecimal = (value: number | bigint): string => `0x${value.toString(16)}`
