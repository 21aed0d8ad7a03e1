import { signalNumber } from '../../linux/signals.ts'
import type { SandboxResult } from '../../runner/result.ts'

/** The number that a shell adds to a signal's number. */
const SIGNAL_BASE = 128

/** The exit code for a signal, such as 137 for SIGKILL. */
export const signalExitCode = (signal: string): number => SIGNAL_BASE + (signalNumber(signal) ?? 0)

/** A run's exit code: the program's own exit code, or 128 plus the number of the signal that ended the program. */
export function exitCodeOf({ exitCode, signal }: Pick<Result, 'exitCode' | 'signal'>): number {
  if (exitCode !== undefined) return exitCode
  return signalExitCode(signal ?? 'SIGKILL')
}

type Result = SandboxResult<string | Uint8Array>
