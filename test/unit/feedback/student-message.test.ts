import { describe, expect, test } from 'vitest'
import type { FailureDetail, MatcherFailure } from '../../../src/feedback/matcher-failure.ts'
import { studentMessage } from '../../../src/feedback/student-message.ts'
import { excerpt } from '../../../src/units/cut.ts'
import { finishedRun } from './runs.ts'

function failure(detail: FailureDetail, changes: Partial<MatcherFailure> = {}): MatcherFailure {
  const origin = { matcher: 'toHaveStdout', negated: false, run: finishedRun() }
  return { ...origin, ...detail, ...changes } as MatcherFailure
}

const output: FailureDetail = {
  kind: 'output',
  stream: 'stdout',
  line: 3,
  expected: '6',
  received: '7',
  expectedExcerpt: excerpt('1\n2\n6\n', 3),
  receivedExcerpt: excerpt('1\n2\n7\n', 3),
}

test('the differing line comes first, then input, expected and received output', () => {
  expect(studentMessage(failure(output), { input: '3 1 2\n' })).toMatchInlineSnapshot(`
    "Line 3: expected \`6\`, your program printed \`7\`.

    Input:
    3 1 2

    Expected output:
    1
    2
    6

    Output of your program:
    1
    2
    7"
  `)
})

test('a message can consist of the sentence alone, in another language', () => {
  const sentence = (language: 'en' | 'de' | 'es') =>
    studentMessage(failure(output), { language, details: false, input: '3' })
  expect(sentence('en')).toBe('Line 3: expected `6`, your program printed `7`.')
  expect(sentence('de')).toBe('Zeile 3: erwartet `6`, dein Programm hat `7` ausgegeben.')
  expect(sentence('es')).toBe('Línea 3: se esperaba `6`, tu programa imprimió `7`.')
})

test('the end of a failed run comes before the difference', () => {
  const run = finishedRun({ status: 'walltime' })
  expect(studentMessage(failure(output, { run }), { details: false })).toBe(
    'Your program did not stop within 2 s.\nLine 3: expected `6`, your program printed `7`.',
  )
})

test('the error output of a failed run stands below its other outputs', () => {
  const run = finishedRun({ exitCode: 1 })
  const errorOutput = 'Traceback:\nValueError: \u001b[1mno\n'
  expect(studentMessage(failure({ kind: 'end' }, { run }), { input: '3', errorOutput })).toBe(
    'Your program ended with exit code 1; 0 means success.\n\nInput:\n3\n\n' +
      'Error output of your program:\nTraceback:\nValueError: \\e[1mno',
  )
  expect(studentMessage(failure(output, { run }), { errorOutput })).toMatch(
    /Output of your program:\n1\n2\n7\n\nError output of your program:\nTraceback/,
  )
})

test('a long error output is cut to its last lines, where the exception stands', () => {
  const run = finishedRun({ exitCode: 1 })
  const errorOutput = Array.from({ length: 40 }, (_, at) => `frame ${at + 1}\n`).join('')
  const message = studentMessage(failure({ kind: 'end' }, { run }), { errorOutput })
  const heading = 'Error output of your program (from line 29):\nframe 29\n'
  expect(message).toContain(heading)
  expect(message.endsWith('frame 40')).toBe(true)
})

test.each([
  ['the run succeeded', failure(output)],
  [
    'the assertion is about the error output',
    failure({ ...output, stream: 'stderr' }, { run: finishedRun({ exitCode: 1 }) }),
  ],
])('a message does not repeat the error output if %s', (_, about) => {
  expect(studentMessage(about, { errorOutput: 'twice' })).not.toContain('twice')
})

describe('one sentence describes a difference of output', () => {
  const { received: _received, ...missing } = output
  const { expected: _expected, ...tooMany } = output
  test.each<[string, Partial<typeof output>, object, string]>([
    ['nothing more', missing, {}, 'Line 3: expected `6`, but your program printed nothing more.'],
    [
      'nothing at all',
      missing,
      { line: 1, receivedExcerpt: excerpt('') },
      'Your program printed nothing; expected `6` in line 1.',
    ],
    ['too much', tooMany, {}, 'Line 3: your program printed `7`, but nothing more was expected.'],
    [
      'spaces',
      output,
      { only: 'space', received: '6 ' },
      'Line 3: expected `6`, your program printed `6 `. Only spaces, tabs or line breaks differ.',
    ],
    [
      'case',
      output,
      { only: 'case', expected: 'Yes', received: 'yes' },
      'Line 3: expected `Yes`, your program printed `yes`. Only upper and lower case differ.',
    ],
    [
      'no final newline',
      output,
      { only: 'final-newline-missing' },
      'The line break at the end of the output is missing.',
    ],
    [
      'a final newline',
      output,
      { only: 'final-newline-too-many' },
      'There is a line break too many at the end of the output.',
    ],
    [
      'a byte that is no text',
      output,
      { invalidByte: { byte: 255, offset: 9, line: 2 } },
      'Line 2: your program printed the byte 0xff, which is not valid text (UTF-8).',
    ],
    [
      'stderr',
      output,
      { stream: 'stderr' },
      'In the error output: Line 3: expected `6`, your program printed `7`.',
    ],
    [
      'a file',
      output,
      { file: 'out.txt' },
      'In the file `out.txt`: Line 3: expected `6`, your program printed `7`.',
    ],
    ['.not', output, { negated: true }, 'Your program printed something that it should not print.'],
  ])('%s', (_, detail, changes, sentence) => {
    const failed = failure({ ...detail } as FailureDetail, changes)
    expect(studentMessage(failed, { details: false })).toBe(sentence)
  })

  test('a pattern', () => {
    const failed = failure({
      kind: 'output',
      stream: 'stdout',
      line: 1,
      receivedExcerpt: excerpt('nothing\n'),
    })
    expect(studentMessage(failed)).toBe(
      'The output does not have the expected form.\n\nOutput of your program:\nnothing',
    )
  })
})

test.each<[FailureDetail, string]>([
  [
    { kind: 'file', file: 'out.txt', problem: 'not-written' },
    'Your program did not write the file `out.txt`.',
  ],
  [
    { kind: 'file', file: 'out.txt', problem: 'contents' },
    'The file `out.txt` does not have the expected contents.',
  ],
  [
    { kind: 'file', file: 'a', problem: 'unreadable' },
    'The file `a` of your program could not be read.',
  ],
  [
    { kind: 'file', file: 'a', problem: 'present' },
    'Your program wrote the file `a`, which it should not write.',
  ],
  [
    { kind: 'file', file: 'a', problem: 'not-collected' },
    'Your program ended normally. The test expects something else.',
  ],
  [
    { kind: 'exit-code', expected: 3 },
    'Your program ended with exit code 0; expected exit code 3.',
  ],
  [{ kind: 'wall-time', used: 1500, limit: 1000 }, 'Your program took 1.5 s; 1 s are allowed.'],
  [
    { kind: 'wall-time', used: 1000.2, limit: 1000 },
    'Your program took a little more than the 1 s that are allowed.',
  ],
  [
    { kind: 'cpu-time', used: 1500, limit: 1000 },
    'Your program used 1.5 s of processor time; 1 s are allowed.',
  ],
  [
    { kind: 'memory', used: 3 << 20, limit: 2 << 20 },
    'Your program used 3 MiB of memory; 2 MiB are allowed.',
  ],
  [{ kind: 'end' }, 'Your program ended normally. The test expects something else.'],
])('%j: %s', (detail, sentence) => {
  expect(studentMessage(failure(detail))).toBe(sentence)
})

test('a message describes the crash where the test expects success', () => {
  const run = finishedRun({ status: 'signaled', signal: 'SIGFPE' })
  expect(studentMessage(failure({ kind: 'end' }, { run }))).toBe(
    'Your program crashed: it did an impossible calculation, for example a division by zero.',
  )
})

test('long input and output are cut, and none of their control characters reaches a terminal', () => {
  const text = `\u001b[2J\u009b1m\u2028\u202e\n${'x'.repeat(1e6)}\n`.repeat(40)
  const failed = failure({
    ...output,
    expected: text,
    received: text,
    expectedExcerpt: excerpt(text, 31),
    receivedExcerpt: excerpt(text, 31),
  })
  const message = studentMessage(failed, { input: text })
  expect(message.length).toBeLessThan(10_000)
  expect(message).toContain('Expected output (from line 28):')
  expect(message).toContain('… (41 more lines)')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/)
})

test.each([
  ['en', '… (1 more line)'],
  ['de', '… (1 weitere Zeile)'],
  ['es', '… (1 línea más)'],
] as const)('a note about one omitted line is in the singular: %s', (language, note) => {
  const long = Array.from({ length: 200 }, (_, index) => `${index}\n`).join('')
  const { lines } = excerpt(long, 1)
  const receivedExcerpt = excerpt(
    long
      .split('\n')
      .slice(0, lines.length + 1)
      .join('\n'),
    1,
  )
  const message = studentMessage(failure({ ...output, receivedExcerpt } as FailureDetail), {
    language,
  })
  expect(message.split('\n').at(-1)).toBe(note)
})
