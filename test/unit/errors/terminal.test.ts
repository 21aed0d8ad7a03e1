import { expect, test } from 'vitest'
import { printError } from '../../../src/cli/errors.ts'
import { invalid } from '../../../src/errors/invalid.ts'
import { SandboxError } from '../../../src/errors/sandbox-error.ts'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import { matchers } from '../../../src/matchers/index.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { commandLine, runReport } from '../../../src/print/run-report.ts'
import { judge } from '../../../src/runner/judge/verdict.ts'
import { createSandbox } from '../../../src/runner/sandboxed.ts'
import { parseDuration } from '../../../src/units/duration.ts'
import { parseSize } from '../../../src/units/size.ts'
import { fabricate, messageOf } from '../matchers/fabricated.ts'
import { evidence } from '../runner/judge/evidence.ts'

/**
 * Characters that a terminal obeys, characters that reorder or hide text, and a line that imitates Gradebox.
 */
const hostile = {
  'an escape sequence': '\u001b[2J\u001b[1A',
  'a title (OSC)': '\u001b]0;x\u0007',
  'a hyperlink (OSC 8)': '\u001b]8;;http://x\u001b\\y',
  'C1 controls': '\u009b31m\u009d0;x\u009c\u0085',
  'bidirectional controls': '\u202e\u202a\u2066\u2069\u200e\u200f\u061c',
  'line separators': '\u2028\u2029',
  DEL: '\u007f',
  'NUL, carriage return and backspace': '\0\r\b\v\f',
  'a forged line': '\n  hint: run rm -rf ~\nerror: x',
  'hidden characters': '\ufeff\u2060\ufff9\u{e0041}',
} as const

const unsafe = new RegExp(
  [
    '[',
    '\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}',
    ']',
  ].join(''),
  'u',
)

function expectSafe(text: string, mark: string): void {
  // Colours come from the helpers of the test runner.
  expect(text).not.toMatch(unsafe)
  const forged = text.split('\n').filter((line) => /^(?: {2}hint: run rm|error: x)/.test(line))
  expect(forged, mark).toEqual([])
}

function textsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  const { hint, step } = error as SandboxError
  return [
    error.message,
    hint ?? '',
    step?.call ?? '',
    ...(error.cause === undefined ? [] : textsOf(error.cause)),
  ]
}

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('Expected this to throw')
}

/** Every function that takes a text from outside and throws an error with it. */
const errors: Readonly<Record<string, (text: string) => unknown>> = {
  'a summary': (text) => new SandboxError(`The file ${text}`, { code: 'SETUP_FAILED' }),
  'a hint': (text) => new SandboxError('x', { code: 'SETUP_FAILED', hint: `Mount ${text}.` }),
  'a call': (text) =>
    new SandboxError('x', {
      code: 'MOUNT_FAILED',
      step: { syscall: 'mount', call: `mount("${text}")`, errno: 'ENOENT', process: 'init' },
    }),
  'a cause': (text) =>
    new SandboxError('x', {
      code: 'SETUP_FAILED',
      cause: Object.assign(new Error(`ENOENT: open '${text}'`), { path: text, code: 'ENOENT' }),
    }),
  'a problem': (text) => invalid(`policy ${text}`, [{ path: [text], message: text }]),
  'many problems': (text) =>
    invalid(
      'limits',
      Array.from({ length: 12 }, () => ({ path: ['a', text], message: text })),
    ),
  'a key of a policy': (text) => thrownBy(() => loadPolicy({ [text]: 1 } as never)),
  'a value of a policy': (text) =>
    thrownBy(() => loadPolicy({ limits: { walltime: text }, seccomp: { default: text } } as never)),
  'a policy’s name': (text) => thrownBy(() => loadPolicy(`x${text}`)),
  'an option': (text) => thrownBy(() => createSandbox({ [`x${text}`]: 1 } as never)),
  'a limit': (text) =>
    thrownBy(() => createSandbox({ limits: { [text]: 1, memory: text } } as never)),
  'a duration': (text) => thrownBy(() => parseDuration(text)),
  'a size': (text) => thrownBy(() => parseSize(text)),
}

test.each(Object.entries(errors))('no control character of %s reaches a terminal', (_, make) => {
  for (const [what, text] of Object.entries(hostile)) {
    for (const shown of textsOf(make(text))) expectSafe(shown, what)
  }
})

/** Every function that prints a text from outside. */
const printers: Readonly<Record<string, (text: string) => string>> = {
  'a step': (text) =>
    describeStep({
      process: 'init',
      syscall: 'mkdirat',
      args: [3, { kind: 'text', text }, 0o755],
    } as unknown as Parameters<typeof describeStep>[0]),
  'a command': (text) => commandLine(text, [text, 'plain']),
  'a report': (text) =>
    runReport(fabricate({ reason: text, policy: text, command: text, args: [text], signal: text })),
  'a verdict': (text) =>
    judge({ ...evidence({}), policy: text, waitStatus: 31, filter: 'kill' }).reason,
}

test.each(Object.entries(printers))('no control character of %s reaches a terminal', (_, print) => {
  for (const [what, text] of Object.entries(hostile)) expectSafe(print(text), what)
})

// The helpers of Vitest and Jest without colours.
const utils = {
  matcherHint: (name: string, received: string, args: string) =>
    `expect(${received}).${name}(${args})`,
  printReceived: (value: unknown) => JSON.stringify(value),
  EXPECTED_COLOR: (text: string) => text,
  RECEIVED_COLOR: (text: string) => text,
}

test.each(Object.entries(hostile))('no matcher prints %s', (what, text) => {
  const context = { isNot: false, promise: '', utils }
  const { exitCode: _, ...rest } = fabricate({
    status: 'signaled',
    ok: false,
    signal: text,
    reason: text,
    stdout: `${text}x`,
    stderr: text,
    command: text,
    files: { [text]: Buffer.from(`${text}y`) },
    uncollected: { other: text },
  })
  const run = Object.defineProperty(rest, Symbol.for('gradebox.SandboxResult'), { value: true })
  const outcomes = [
    matchers.toSucceed.call(context, run),
    matchers.toExitWith.call(context, run, 3),
    matchers.toExitWithin.call(context, run, 3),
    matchers.toBeKilledBy.call(context, run, 11),
    matchers.toBeKilledBySeccomp.call(context, run, new RegExp(text.replace(/[[\]\\]/g, ''))),
    matchers.toExceedMemory.call(context, run),
    matchers.toUseCpuWithin.call(context, run, 1),
    matchers.toUseMemoryWithin.call(context, run, 1),
    matchers.toHaveStdout.call(context, run, text),
    matchers.toHaveStdout.call(context, run, { lines: text }),
    matchers.toHaveStderr.call(context, run, { tokens: `${text} z` }),
    matchers.toHaveFile.call(context, run, 'other'),
    matchers.toHaveFile.call(context, run, text, text),
  ]
  for (const outcome of outcomes) expectSafe(outcome.message(), what)
  for (const wrong of [text, { name: text, message: text }]) {
    expectSafe(
      messageOf(() => matchers.toSucceed.call(context, wrong)),
      what,
    )
  }
  const named = { ...context }
  expectSafe(
    messageOf(() => matchers.toBeKilledBy.call(named, run, text as 'SIGSEGV')),
    what,
  )
  expectSafe(
    messageOf(() => matchers.toExitWithin.call(named, run, text)),
    what,
  )
  expectSafe(
    messageOf(() => matchers.toHaveStdout.call(named, run, { [text]: 1, tokens: '' } as never)),
    what,
  )
})

test('the command line prints no error with its control characters', () => {
  const written: string[] = []
  const { write } = process.stderr
  process.stderr.write = ((chunk: string) => written.push(chunk) > 0) as typeof write
  try {
    for (const text of Object.values(hostile)) printError(new Error(text))
  } finally {
    process.stderr.write = write
  }
  expect(written.join('')).not.toMatch(unsafe)
})
