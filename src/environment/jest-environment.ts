import { TestEnvironment as NodeEnvironment } from 'jest-environment-node'
import { endActiveRuns, shareActiveRuns } from '../runner/active.ts'

/**
 * Jest's `node` environment, which at its end also ends every run that the tests left unfinished,
 * and waits until their processes are gone.
 *
 * @example
 * export default { testEnvironment: 'gradebox/jest-environment' }
 */
export class TestEnvironment extends NodeEnvironment {
  override async setup(): Promise<void> {
    await super.setup()
    shareActiveRuns(this.global)
  }

  override async teardown(): Promise<void> {
    try {
      await endActiveRuns()
    } finally {
      await super.teardown()
    }
  }
}

export default TestEnvironment
