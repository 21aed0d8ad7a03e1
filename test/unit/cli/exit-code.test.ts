import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { exitCodeOf, signalExitCode } from '../../../src/cli/run/exit-code.ts'
import { signalName, signalNumber } from '../../../src/linux/signals.ts'

test('every signal’s number leads back to the name that it came from', () => {
  const numbers = [...new Set(Object.values(constants.signals)), 32, 33, 34, 50, 64]
  for (const number of numbers) expect(signalNumber(signalName(number)), `${number}`).toBe(number)
  expect(signalNumber('SIGNONE')).toBeUndefined()
})

test.each([
  [{ exitCode: 0 }, 0],
  [{ exitCode: 255 }, 255],
  [{ signal: 'SIGSEGV' }, 139],
  [{ signal: 'SIGRTMIN+3' }, 165],
  // A limit ended the run, and the signal is unknown.
  [{}, 137],
])('%o ends with %d', (end, code) => {
  expect(exitCodeOf(end)).toBe(code)
})

test('a signal to gradebox becomes its exit code', () => {
  expect(signalExitCode('SIGINT')).toBe(130)
})
