import type { TestContext } from 'vitest'
import { withOwner } from '../../runner/owner.ts'
import type { Sandboxed } from '../../runner/sandboxed.ts'
import { makeScratch, removeScratch } from '../scratch.ts'
import { watchTest } from './test.ts'

/**
 * Vitest fixtures.
 *
 * - `sandbox` is a `sandboxed()` whose runs belong to the test. When the test times out or is cancelled, they
 *   end before the next test starts. The plugin does this for all runs of a test; the fixture works without the
 *   plugin.
 * - `scratch` is the path of an empty directory on this host, in which a test prepares files, such as a
 *   `workdir`. The fixture removes the directory after the test. With the plugin, Gradebox also removes the directory
 *   of a killed worker.
 *
 * @example
 * import { gradeboxFixtures } from 'gradebox/vitest'
 * import { test as base } from 'vitest'
 *
 * const test = base.extend(gradeboxFixtures)
 *
 * test('adds', async ({ sandbox }) => {
 *   expect(await sandbox('./sum', { stdin: '1 2' })).toHaveStdout('3\n')
 * })
 */
export const gradeboxFixtures = {
  async sandbox(
    { task, signal, annotate }: Pick<TestContext, 'task' | 'signal' | 'annotate'>,
    use: (sandbox: Sandboxed) => Promise<void>,
  ): Promise<void> {
    // The import is dynamic, because the plugin imports this module too and runs no program.
    const { sandboxed } = await import('../../runner/sandboxed.ts')
    const { runs, end } = watchTest({ task, signal, annotate })
    const sandbox = (...call: Parameters<Sandboxed>) => withOwner(runs, () => sandboxed(...call))
    await use(sandbox as Sandboxed)
    await end()
  },
  // Vitest accepts only a destructuring pattern.
  // biome-ignore lint/correctness/noEmptyPattern: the fixture uses nothing of the test
  async scratch({}: object, use: (directory: string) => Promise<void>): Promise<void> {
    const directory = await makeScratch()
    await use(directory)
    await removeScratch(directory)
  },
}
