import type { TestContext } from 'vitest'
import { withOwner } from '../runner/owner.ts'
import type { Sandboxed } from '../runner/sandboxed.ts'
import { watchTest } from './vitest-test.ts'

type Use = (sandbox: Sandboxed) => Promise<void>

/**
 * Vitest fixtures: `sandbox` is a `sandboxed()` whose runs belong to the test. They end when the test
 * times out or is cancelled, and are over before the next test starts. With the plugin all runs of a
 * test are so; the fixture needs no plugin.
 *
 * @example
 * import { gradeboxFixtures } from 'gradebox/vitest'
 * import { test as base } from 'vitest'
 *
 * const test = base.extend(gradeboxFixtures)
 * test('adds', async ({ sandbox }) => {
 *   expect(await sandbox('./sum', { stdin: '1 2' })).toHaveStdout('3\n')
 * })
 */
export const gradeboxFixtures = {
  async sandbox(
    { task, signal, annotate }: Pick<TestContext, 'task' | 'signal' | 'annotate'>,
    use: Use,
  ): Promise<void> {
    // Not at once: the module that exports this is also the plugin's, which runs no program.
    const { sandboxed } = await import('../runner/sandboxed.ts')
    const { runs, end } = watchTest({ task, signal, annotate })
    const sandbox = (...call: Parameters<Sandboxed>) => withOwner(runs, () => sandboxed(...call))
    await use(sandbox as Sandboxed)
    await end()
  },
}
