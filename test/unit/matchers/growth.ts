import * as utils from 'jest-matcher-utils'
import { expect } from 'vitest'
import { matcherFailureOf } from '../../../src/feedback/matcher-failure.ts'
import { studentMessage } from '../../../src/feedback/student-message.ts'
import { matchers } from '../../../src/matchers/index.ts'
import type { MatcherResult } from '../../../src/matchers/matcher.ts'
import type { AnyResult } from '../../../src/runner/result.ts'
import { fabricate } from './fabricated.ts'

/** Texts that make a careless regular expression, diff or trim slow. */
export const shapes: Readonly<Record<string, (length: number) => string>> = {
  'digits and an x': (length) => `${'7'.repeat(length - 1)}x`,
  'zeros, a point and zeros': (length) => `${'0'.repeat(length / 2)}.${'0'.repeat(length / 2)}1`,
  'spaces and an x': (length) => `${' '.repeat(length - 1)}x`,
  'tabs before every x': (length) => '\t\t\t\t\t\t\tx'.repeat(length / 8),
  'empty lines': (length) => '\n'.repeat(length),
  'lines that end in spaces': (length) => `a${' '.repeat(998)}\n`.repeat(length / 1000),
  'short words': (length) => 'ab '.repeat(length / 3),
  'lines of which every other one differs': (length) => 'same line\nother\n'.repeat(length / 16),
  'escape sequences': (length) => '\u001b[31m\u202e\u009b\0'.repeat(length / 8),
  'combining marks and halves of pairs': (length) => 'e\u0301\ud800'.repeat(length / 3),
}

const context = { isNot: false, promise: '', utils }

export type Assertion = (result: AnyResult, text: string) => MatcherResult

const compare =
  (expectation: (text: string) => Parameters<typeof matchers.toHaveStdout>[1]): Assertion =>
  (result, text) =>
    matchers.toHaveStdout.call(context, result, expectation(text))

// Equal up to the last word, so that no comparison ends early.
const almost = (text: string) => `${text.slice(0, -1)}y`

export const assertions: Readonly<Record<string, Assertion>> = {
  'toHaveStdout(text)': compare(almost),
  'toHaveStdout({ lines })': compare((text) => ({ lines: almost(text) })),
  'toHaveStdout({ tokens })': compare((text) => ({ tokens: almost(text) })),
  'toHaveStdout({ tokens, float })': compare((text) => ({ tokens: `${text}9`, float: 1e-6 })),
  'toHaveStdout({ tokens, float: 0, ignoreCase, prompts })': compare((text) => ({
    tokens: almost(text).toUpperCase(),
    float: 0,
    ignoreCase: true,
    prompts: /Enter n: /,
  })),
  'toHaveStdout(text) on other output': compare(() => 'b\nc\n'.repeat(1000)),
  'toHaveStdout(pattern)': compare(() => /^total: \d+$/m),
  'toHaveStderr(text)': (result, text) => matchers.toHaveStderr.call(context, result, almost(text)),
  'toHaveFile(path, text)': (result, text) =>
    matchers.toHaveFile.call(context, result, 'out', almost(text)),
  'toHaveFile(path, bytes)': (result, text) =>
    matchers.toHaveFile.call(context, result, 'out', Buffer.from(almost(text))),
  'toExitWith()': (result) => matchers.toExitWith.call(context, result, 3),
}

/** The CPU time of one assertion with its messages, in ms. */
function timeOf(assertion: Assertion, text: string): number {
  const result = fabricate({
    stdout: text,
    stderr: text,
    files: { out: Buffer.from(text) },
    reason: text.slice(0, 10_000),
    args: [text],
  })
  const before = process.cpuUsage()
  const outcome = assertion(result, text)
  const message = outcome.message()
  const failure = matcherFailureOf({ actual: outcome.actual })
  const forStudent = failure === undefined ? '' : studentMessage(failure)
  const { user, system } = process.cpuUsage(before)
  expect(message.length).toBeLessThan(100_000)
  expect(forStudent.length).toBeLessThan(20_000)
  return (user + system) / 1000
}

/**
 * Gives an assertion outputs of one shape, and doubles their length up to a limit. Four times the time would be
 * quadratic; garbage collection makes single figures uncertain by some ten milliseconds. The length grows in steps, so
 * that a quadratic matcher fails early and does not stop the suite for hours.
 */
export function expectLinear(
  assertion: Assertion,
  shape: (length: number) => string,
  most: number,
): void {
  for (let length = 25_000; 2 * length <= most; length *= 8) {
    const once = timeOf(assertion, shape(length))
    const twice = timeOf(assertion, shape(2 * length))
    expect(twice, `${length} to ${2 * length} characters`).toBeLessThan(3.3 * once + 150)
  }
}
