// Runs in each worker before each test file; see plugin.ts.
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

// The timeout of the hooks, in ms. Vitest applies it to the code before and after a test. Ending a run takes far less.
const timeoutMs = 60_000

const { defaults, scratchRoot, showsRuns } = inject('gradebox')
setDefaults(defaults)
setScratchRoot(scratchRoot)

// The runs that start outside of tests, also while the file loads.
let fileSummary: RunsSummary | undefined
const fileRuns = new TestRuns((result) => {
  if (hasStarted(result)) fileSummary = addRun(fileSummary, summarizeRun(result))
})
// The setup does not use Vitest's own current test, because with concurrent tests Vitest's value is only the last test.
const owner = new AsyncLocalStorage<TestRuns>()
setOwnerSource(globalThis, () => owner.getStore() ?? fileRuns)

// The environment cannot end these runs in time: Vitest starts the next file before it has torn down the worker
// of the last one, and without isolation an environment serves many files.
// biome-ignore lint/correctness/noEmptyPattern: the hook uses its third argument and no fixture
aroundAll(async (runSuite, {}, { meta }) => {
  await runSuite()
  const error = forgottenError(await fileRuns.end(), 'test file')
  if (fileSummary !== undefined) meta.gradebox = fileSummary
  if (fileRuns.hostPaths.size > 0) meta.gradeboxHostPaths = [...fileRuns.hostPaths]
  await endActiveRuns()
  if (error !== undefined) throw error
}, timeoutMs)

// The parameter is destructured, because Vitest requires this in hooks of tests with fixtures.
aroundEach(async (runTest, { task, signal, annotate }) => {
  const test = watchTest({ task, signal, annotate }, showsRuns)
  await owner.run(test.runs, runTest)
  for (const path of test.runs.hostPaths) fileRuns.hostPaths.add(path)
  await test.end()
}, timeoutMs)
