import { isSandboxError } from '../errors/sandbox-error.ts'
import { visible } from '../units/visible.ts'
import { colorsFor, STDERR } from './colors.ts'

/** An error of a command, in words for the user who typed it. */
export class CliError extends Error {
  override readonly name = 'CliError'
  /** The exit code of the whole command. */
  readonly exitCode: number

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}

/** Exit codes of the command line itself. `run` returns the program's own code, or 128+n for a signal. */
export const EXIT = { success: 0, failure: 1, usage: 2, setup: 125 } as const

/** Prints an error to stderr. Adds the stack unless the error is a SandboxError or a CliError. */
export function printError(error: unknown): void {
  const colors = colorsFor(STDERR)
  const known = isSandboxError(error) || error instanceof CliError
  const text = known ? error.message : error instanceof Error ? (error.stack ?? '') : String(error)
  const [first = '', ...rest] = visible(text).split('\n')
  const lines = [
    first,
    ...rest.map((line) => line.replace(/^ {2}(hint|see):/, colors.yellow('  $1:'))),
  ]
  process.stderr.write(`${colors.red('error:')} ${lines.join('\n')}\n`)
}
