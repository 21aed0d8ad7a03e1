/// <reference types="jest" />
import { type SandboxResult, sandboxed } from 'gradebox'
import { TestEnvironment } from 'gradebox/jest-environment'
import 'gradebox/matchers/jest'

declare const run: SandboxResult

// The global `expect` of @types/jest.
expect(run).toSucceed()
expect(run).not.toExitWith(1)
expect(run).toHaveStdout({ tokens: ['1'], float: 1e-6 })
expect({ run }).toEqual({ run: expect.toExitWithin('1s') })
expect([run]).toEqual([expect.not.toHaveStderr('')])
const settled: Promise<void> = expect(sandboxed('true')).resolves.toSucceed()
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

class Own extends TestEnvironment {}

export { Own, settled }
