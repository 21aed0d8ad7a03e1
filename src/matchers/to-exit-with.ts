import { printArgument, readArgument } from './argument.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { verdictPhrase } from './verdict.ts'

const name = 'toExitWith'

/**
 * Passes when the program ended by itself with this exit code, 0 to 255.
 *
 * @throws {TypeError} when `code` is no exit code.
 */
export function toExitWith(this: MatcherContext, received: unknown, code: number): MatcherResult {
  const args = printArgument(code)
  const exitCode = readArgument(this, name, args, () => parseExitCode(code))
  return judge(this, name, args, received, (result) => ({
    pass: result.status === 'exited' && result.exitCode === exitCode,
    expected: `exit code ${exitCode}`,
    received: verdictPhrase(result),
  }))
}

function parseExitCode(code: unknown): number {
  if (typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 255) return code
  throw new RangeError(`Expected an exit code from 0 to 255, got ${printArgument(code)}`)
}
