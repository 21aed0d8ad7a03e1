import type { TestContext } from 'vitest'
import type { AnyResult } from '../../runner/result.ts'
import { forgottenError, hasStarted, interruptedError } from '../leftover-error.ts'
import { addRun, runLine, summarizeRun } from '../run-summary.ts'
import { TestRuns } from '../test-runs.ts'

type Test = Pick<TestContext, 'task' | 'signal' | 'annotate'>

// Each annotation costs a message to Vitest's main process, and reports show every annotation.
const maxAnnotations = 20

/** The runs of one attempt at a test. */
export interface WatchedTest {
  readonly runs: TestRuns
  /**
   * Ends the runs that the test left active, and waits until the runs have ended.
   *
   * @throws {Error} for a run that the test's timeout interrupted, or that nobody awaited
   */
  end(): Promise<void>
}

/**
 * Follows a test. Adds the runs of the test to the test's report, and ends the runs when the test times out.
 *
 * @param showsRuns - Whether the test reports its runs. Each report of a run is a message to Vitest's main process.
 */
export function watchTest(test: Test, showsRuns = true): WatchedTest {
  const { signal, task } = test
  const runs = new TestRuns(showsRuns ? (result) => report(test, result) : undefined)
  const interrupt = () => runs.interrupt()
  signal.addEventListener('abort', interrupt, { once: true })
  return {
    runs,
    async end() {
      signal.removeEventListener('abort', interrupt)
      const left = await runs.end()
      if (isCancelled(signal)) return
      const error = interruptedError(left)
      if (error !== undefined) throw error
      // A test that failed midway could not await the runs that the test had started.
      if (task.result?.state !== 'pass' && task.result?.state !== 'run') return
      const forgotten = forgottenError(left, 'test')
      if (forgotten !== undefined) throw forgotten
    },
  }
}

// Whether `bail` or Ctrl-C cancelled the test. Vitest counts a cancelled test as skipped and not as failed.
function isCancelled({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof Error && reason.name === 'TestRunAbortError'
}

function report({ task, annotate }: Test, result: AnyResult): void {
  if (!hasStarted(result)) return
  const run = summarizeRun(result)
  const summary = addRun(task.meta.gradebox, run)
  task.meta.gradebox = summary
  // After the end of the test's function, Vitest accepts no annotations from hooks.
  if (summary.count > maxAnnotations || task.result?.state !== 'run') return
  annotate(runLine(run), 'sandbox').catch(() => {})
}
