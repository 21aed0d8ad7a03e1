import { type SandboxResult, sandboxed } from 'gradebox'
import { matchers } from 'gradebox/matchers'
import 'gradebox/matchers/vitest'
import gradebox, { gradeboxFixtures, type RunSummary } from 'gradebox/vitest'
import environment from 'gradebox/vitest-environment'
import { test as base, expect } from 'vitest'
import { defineConfig } from 'vitest/config'
import type { Environment } from 'vitest/runtime'

declare const run: SandboxResult

/** Compiles only where both types are the same. */
function same<A>() {
  return <B>(..._: [A, B] extends [B, A] ? [] : ['different types', A, B]): void => {}
}

defineConfig({
  plugins: [gradebox({ policy: 'python', limits: { walltime: '2s', memory: '64MiB' } })],
})
// @ts-expect-error no such option
gradebox({ walltime: '2s' })
environment satisfies Environment

const test = base.extend(gradeboxFixtures)
test('typed', async ({ sandbox, scratch, task }) => {
  same<string>()<typeof scratch>()
  const text = await sandbox('cat', ['a'], { stdin: '3' })
  same<string>()<typeof text.stdout>()
  const bytes = await sandbox('cat', { encoding: 'buffer' })
  same<Uint8Array>()<typeof bytes.stdout>()
  const slowest: RunSummary | undefined = task.meta.gradebox?.slowest
  slowest?.wallTimeMs.toFixed()
  // @ts-expect-error a number is no command
  sandbox(3)
})

same<void>()<ReturnType<ReturnType<typeof expect<SandboxResult>>['toSucceed']>>()
expect(run).toSucceed()
expect(run).not.toExitWith(1)
expect(run).toHaveStdout({ tokens: ['1'], float: 1e-6 })
expect(run).toHaveStderr({ lines: '1\n2' })
expect(run).toHaveFile('out.txt', new Uint8Array())
expect.soft(run).toExceedCpu()
const settled: Promise<void> = expect(sandboxed('true')).resolves.toSucceed()
const polled: Promise<void> = expect.poll(() => sandboxed('true')).toSucceed()
expect([run]).toEqual([expect.not.toExitWith(1)])
expect(run).toEqual(expect.toExitWithin('1s'))
expect.extend(matchers)
// @ts-expect-error a tolerance without tokens
expect(run).toHaveStdout({ float: 1e-6 })
// @ts-expect-error an exit code is a number
expect(run).toExitWith('1')
// @ts-expect-error a text is not a run
expect('abc').toSucceed()
// @ts-expect-error a text is not a run
expect('abc').not.toSucceed()
// @ts-expect-error no such signal
expect(run).toBeKilledBy('SIGFOO')
// @ts-expect-error no such matcher
expect.toFail()

export { polled, settled }
