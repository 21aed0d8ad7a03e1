import { builtinEnvironments, type Environment } from 'vitest/runtime'
import { endActiveRuns, shareActiveRuns } from '../runner/active.ts'

const { node } = builtinEnvironments

/**
 * Vitest's `node` environment, which at its end also ends every run that the tests left unfinished,
 * and waits until their processes are gone. The plugin `gradebox/vitest` chooses it by itself.
 */
const environment: Environment = {
  name: 'gradebox',
  viteEnvironment: 'ssr',

  async setup(global, options) {
    const { teardown } = await node.setup(global, options)
    return { teardown: (ended) => endRunsThen(() => teardown(ended)) }
  },

  async setupVM(options) {
    const vm = await node.setupVM?.(options)
    if (vm === undefined) throw new Error("This Vitest's `node` environment has no vm support")
    shareActiveRuns(vm.getVmContext())
    return {
      getVmContext: () => vm.getVmContext(),
      teardown: () => endRunsThen(() => vm.teardown()),
    }
  },
}

export default environment

async function endRunsThen(teardown: () => void | PromiseLike<void>): Promise<void> {
  try {
    await endActiveRuns()
  } finally {
    await teardown()
  }
}
