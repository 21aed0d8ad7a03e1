import { builtinEnvironments, type Environment } from 'vitest/runtime'
import { endActiveRuns, shareActiveRuns } from '../../runner/active.ts'
import { checkOptions } from '../../runner/options/check-options.ts'
import { setDefaults } from '../../runner/options/defaults.ts'
import { setOwnerSource } from '../../runner/owner.ts'
import { forgottenError } from '../leftover-error.ts'
import { provided } from '../provided.ts'
import { TestRuns } from '../test-runs.ts'

const { node } = builtinEnvironments

/**
 * Vitest's `node` environment with two additions. First, `sandboxed()` gets the defaults of
 * `environmentOptions.gradebox`. Second, the teardown ends every run that the tests left active, and waits until the
 * processes have ended. The teardown then throws an error that shows these runs. The plugin `gradebox/vitest` selects
 * this environment by itself. The plugin also ends the runs of each test.
 *
 * @example
 * export default defineConfig({
 *   test: {
 *     environment: fileURLToPath(import.meta.resolve('gradebox/vitest-environment')),
 *     environmentOptions: { gradebox: { limits: { walltime: '2s' } } },
 *   },
 * })
 */
const environment: Environment = {
  name: 'gradebox',
  viteEnvironment: 'ssr',

  async setup(global, options) {
    const runs = prepare(globalThis, options)
    const { teardown } = await node.setup(global, options)
    return { teardown: (ended) => endRunsThen(runs, () => teardown(ended)) }
  },

  async setupVM(options) {
    const vm = await node.setupVM?.(options)
    if (vm === undefined) throw new Error("This Vitest's `node` environment has no vm support")
    const realm = vm.getVmContext()
    shareActiveRuns(realm)
    const runs = prepare(realm, options)
    return {
      getVmContext: () => realm,
      teardown: () => endRunsThen(runs, () => vm.teardown()),
    }
  },
}

export default environment

function prepare(realm: object, options: Readonly<Record<string, unknown>>): TestRuns {
  const own = options.gradebox ?? {}
  checkOptions(own, 'plugin')
  setDefaults(provided(own, process.cwd()), realm)
  const runs = new TestRuns()
  setOwnerSource(realm, () => runs)
  return runs
}

async function endRunsThen(
  runs: TestRuns,
  teardown: () => void | PromiseLike<void>,
): Promise<void> {
  const { forgotten } = await runs.end()
  try {
    await endActiveRuns()
  } finally {
    await teardown()
  }
  const error = forgottenError({ forgotten, interrupted: [] }, 'test file')
  if (error !== undefined) throw error
}
