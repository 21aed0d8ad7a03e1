// Vitest runs this file in each worker before each test file; see plugin.ts.
import { AsyncLocalStorage } from 'node:async_hooks'
import { aroundAll, aroundEach, inject } from 'vitest'
import '../../matchers/vitest.ts'
import { endActiveRuns } from '../../runner/active.ts'
import { setDefaults } from '../../runner/options/defaults.ts'
import { setOwnerSource } from '../../runner/owner.ts'
import { forgottenError, hasStarted } from '../leftover-error.ts'
import { addRun, type RunsSummary, summarizeRun } from '../run-summary.ts'
import { setScratchRoot } from '../scratch.ts'
import { TestRuns } from '../test-runs.ts'
import { watchTest } from './test.ts'

// The timeout of the hooks, in ms. The timeout applies to a hook's code before and after a test. Ending a run takes far
// less time.
const timeoutMs = 60_000

const { defaults, scratchRoot, showsRuns } = inject('gradebox')
setDefaults(defaults)
setScratchRoot(scratchRoot)

// A summary of the runs that start outside of tests, such as the runs that start while the file loads.
let fileSummary: RunsSummary | undefined
const fileRuns = new TestRuns((result) => {
  if (hasStarted(result)) fileSummary = addRun(fileSummary, summarizeRun(result))
})
// The setup keeps the owner of new runs itself. With concurrent tests, the current test that Vitest reports is only the
// test that started last.
const owner = new AsyncLocalStorage<TestRuns>()
setOwnerSource(globalThis, () => owner.getStore() ?? fileRuns)

// This hook ends the runs of the file, because the environment would end the runs too late. Vitest starts the next file
// before the teardown of the last file's worker has ended. Without isolation, one environment even serves many files.
// biome-ignore lint/correctness/noEmptyPattern: the hook uses its third argument and no fixture
aroundAll(async (runSuite, {}, { meta }) => {
  await runSuite()
  const error = forgottenError(await fileRuns.end(), 'test file')
  if (fileSummary !== undefined) meta.gradebox = fileSummary
  if (fileRuns.hostPaths.size > 0) meta.gradeboxHostPaths = [...fileRuns.hostPaths]
  await endActiveRuns()
  if (error !== undefined) throw error
}, timeoutMs)

// Vitest requires that a hook destructures its parameter if the tests have fixtures.
aroundEach(async (runTest, { task, signal, annotate }) => {
  const test = watchTest({ task, signal, annotate }, showsRuns)
  await owner.run(test.runs, runTest)
  for (const path of test.runs.hostPaths) fileRuns.hostPaths.add(path)
  await test.end()
}, timeoutMs)
