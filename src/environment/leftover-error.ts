import { runReport } from '../matchers/message.ts'
import type { EndedRun, Leftovers } from './test-runs.ts'

/**
 * The error for runs that were interrupted by a test's time-out: it shows what the programs were
 * doing; undefined without any.
 */
export function interruptedError({ interrupted }: Leftovers): Error | undefined {
  const programs =
    interrupted.length === 1
      ? 'a program was still running, and was ended'
      : `${interrupted.length} programs were still running, and were ended`
  return leftoverError(`When the test timed out, ${programs}.`, interrupted)
}

/**
 * The error for runs that nobody awaited; undefined without any.
 *
 * @param owner - Whose they are: `test` or `test file`.
 */
export function forgottenError({ forgotten }: Leftovers, owner: string): Error | undefined {
  const programs =
    forgotten.length === 1
      ? 'a program was still running, and was ended'
      : `${forgotten.length} programs were still running, and were ended`
  return leftoverError(
    `When the ${owner} ended, ${programs}: await the run, or end it with \`kill()\`.`,
    forgotten,
  )
}

// Its stack is that of the first run's start, so that the test runner shows that line.
function leftoverError(headline: string, runs: readonly EndedRun[]): Error | undefined {
  const [first] = runs
  if (first === undefined) return undefined
  const message = [headline, ...runs.map(({ result }) => runReport(result))].join('\n\n')
  const error = new Error(message)
  error.stack = `Error: ${message}\n${first.startedAt}`
  return error
}
