// Runs in each worker before each test file; see the plugin in vitest.ts.
import { AsyncLocalStorage } from 'node:async_hooks'
import { aroundAll, aroundEach, inject } from 'vitest'
import '../../matchers/vitest.ts'
import { endActiveRuns } from '../../runner/active.ts'
import { setDefaults } from '../../runner/defaults.ts'
import { setOwnerSource } from '../../runner/owner.ts'
import { forgottenError, hasStarted } from '../leftover-error.ts'
import { addRun, type RunsSummary, summarizeRun } from '../run-summary.ts'
import { setScratchRoot } from '../scratch.ts'
import { TestRuns } from '../test-runs.ts'
import { watchTest } from './test.ts'

// Far more than it takes to end a run; Vitest counts it for what comes before and after a test.
const timeoutMs = 60_000

const { defaults, scratchRoot } = inject('gradebox')
setDefaults(defaults)
setScratchRoot(scratchRoot)

// What is started outside of tests, also while the file is loaded.
let fileSummary: RunsSummary | undefined
const fileRuns = new TestRuns((result) => {
  if (hasStarted(result)) fileSummary = addRun(fileSummary, summarizeRun(result))
})
// Not Vitest's own current test: of tests that run concurrently it knows only the last.
const owner = new AsyncLocalStorage<TestRuns>()
setOwnerSource(globalThis, () => owner.getStore() ?? fileRuns)

// Not left to the environment alone: Vitest starts the next file before it has torn down the worker
// of the last one, and without isolation an environment serves many files.
// biome-ignore lint/correctness/noEmptyPattern: the hook wants no fixture, and its third argument
aroundAll(async (runSuite, {}, { meta }) => {
  await runSuite()
  const error = forgottenError(await fileRuns.end(), 'test file')
  if (fileSummary !== undefined) meta.gradebox = fileSummary
  await endActiveRuns()
  if (error !== undefined) throw error
}, timeoutMs)

// Destructured, as Vitest demands of the hooks of tests with fixtures.
aroundEach(async (runTest, { task, signal, annotate }) => {
  const test = watchTest({ task, signal, annotate })
  await owner.run(test.runs, runTest)
  await test.end()
}, timeoutMs)
