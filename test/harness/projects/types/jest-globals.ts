import { expect } from '@jest/globals'
import { type SandboxResult, sandboxed } from 'gradebox'
import 'gradebox/matchers/jest'

declare const run: SandboxResult

expect(run).toSucceed()
expect(run).not.toUseMemoryWithin('64MiB')
expect({ run }).toEqual({ run: expect.toExitWithin('1s') })
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
expect(run).toFail()

export { settled }
