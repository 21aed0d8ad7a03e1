import { runReport } from '../print/run-report.ts'
import type { AnyResult } from '../runner/result.ts'
import type { EndedRun, Leftovers } from './test-runs.ts'

// The largest number of runs that an error shows. A test may have started hundreds of runs.
const maxReports = 5

/**
 * Makes the error for runs that a test's timeout interrupted. The error shows what the programs did.
 *
 * @returns undefined if the timeout interrupted no run
 */
export function interruptedError({ interrupted }: Leftovers): Error | undefined {
  return leftoverError(`When the test timed out, ${wereRunning(interrupted)}.`, interrupted)
}

/**
 * Makes the error for runs that nobody awaited.
 *
 * @param owner - the owner of the runs: `test` or `test file`
 * @returns undefined if there are no such runs
 */
export function forgottenError({ forgotten }: Leftovers, owner: string): Error | undefined {
  const advice = 'await the run, or end it with `kill()`'
  return leftoverError(`When the ${owner} ended, ${wereRunning(forgotten)}: ${advice}.`, forgotten)
}

/** Whether a run's program has started. A run may end before its program starts, while the run waits for its turn. */
export function hasStarted({ status, usage }: AnyResult): boolean {
  return status !== 'aborted' || usage.wallTimeMs > 0
}

function wereRunning(runs: readonly EndedRun[]): string {
  const running = runs.filter(({ result }) => hasStarted(result)).length
  const waiting = runs.length - running
  if (running === 0) return `${count(waiting)} still waiting to run, and will not`
  const also = waiting === 0 ? '' : ` (and ${waiting} waiting to run)`
  return `${count(running)} still running${also}, and ${running === 1 ? 'was' : 'were'} ended`
}

const count = (programs: number) => (programs === 1 ? 'a program was' : `${programs} programs were`)

// The stack of the error is the stack of the call that started the first run, so the test runner shows that call.
function leftoverError(headline: string, runs: readonly EndedRun[]): Error | undefined {
  const [first] = runs
  if (first === undefined) return undefined
  const results = runs.map(({ result }) => result)
  const shown = results.filter((result, index) => index === 0 || hasStarted(result))
  const reports = shown.slice(0, maxReports).map((result) => runReport(result))
  const message = [headline, ...reports].join('\n\n')
  const error = new Error(message)
  error.stack = `Error: ${message}\n${first.startedAt}`
  return error
}
