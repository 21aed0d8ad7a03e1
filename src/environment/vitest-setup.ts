// Runs in each worker before each test file; see the plugin in vitest.ts.
import { afterAll, inject } from 'vitest'
import '../matchers/vitest.ts'
import { endActiveRuns } from '../runner/active.ts'
import { setDefaults } from '../runner/defaults.ts'

setDefaults(inject('gradebox'))

// Not left to the environment alone: Vitest starts the next file before it has torn down the worker
// of the last one, and without isolation an environment serves many files.
afterAll(endActiveRuns)
