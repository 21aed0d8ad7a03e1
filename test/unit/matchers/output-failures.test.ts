import { describe, expect, test } from 'vitest'
import { matcherFailureOf } from '../../../src/feedback/matcher-failure.ts'
import { studentMessage } from '../../../src/feedback/student-message.ts'
import { exited, fabricate, killed, messageOf } from './fabricated.ts'

const printed = (stdout: string | Uint8Array) => fabricate({ stdout })
const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}\n`)

/** The paragraphs between "Received:" and the run's report. */
function notesOf(assertion: () => unknown): string {
  const [, rest = ''] = messageOf(assertion).split(/\nReceived: .*\n\n/)
  return rest.split('\n\nreason:')[0] ?? ''
}

describe('the diff of a long output', () => {
  test('has the line numbers of both texts, and no false hunk after an extra line', () => {
    const received = lines(5000)
    received.splice(2000, 0, 'debug\n')
    const diff = notesOf(() =>
      expect(printed(received.join(''))).toHaveStdout(lines(5000).join('')),
    )
    expect(diff).toBe(
      [
        'The texts differ first in line 2001:',
        '',
        '- Expected',
        '+ Received',
        '',
        '@@ -1998 +1998 @@',
        '  line 1998',
        '  line 1999',
        '  line 2000',
        '+ debug',
        '  line 2001',
        '  line 2002',
        '  line 2003',
      ].join('\n'),
    )
  })

  test('shows two places, each with its line numbers', () => {
    const received = lines(3000)
    received.splice(100, 1)
    received[150] = 'other\n'
    const diff = notesOf(() =>
      expect(printed(received.join(''))).toHaveStdout(lines(3000).join('')),
    )
    expect(diff.match(/^[-+@].*$/gm)).toEqual([
      '- Expected',
      '+ Received',
      '@@ -98 +98 @@',
      '- line 101',
      '@@ -149 +148 @@',
      '- line 152',
      '+ other',
    ])
  })

  test('does not call a line missing that comes later', () => {
    const received = [...Array.from({ length: 1000 }, (_, i) => `debug ${i}\n`), ...lines(2000)]
    const diff = notesOf(() =>
      expect(printed(received.join(''))).toHaveStdout(lines(2000).join('')),
    )
    expect(diff.match(/^[-+] (?!Exp|Rec).*$/gm)).toEqual(['- line 1', '+ debug 0'])
  })

  test('is short, however different the texts are', () => {
    const other = lines(5000).map((line) => `x${line}`)
    const diff = notesOf(() => expect(printed(other.join(''))).toHaveStdout(lines(5000).join('')))
    expect(diff.split('\n').length).toBeLessThan(80)
  })
})

describe('texts that look the same show escapes where they differ', () => {
  test.each([
    ['5 km', '5\u00a0km', '" "', '"\\xa0"'],
    ['caf\u00e9', 'cafe\u0301', '"\\xe9"', '"e\\u0301"'],
    ['ab', 'a\u200bb', '""', '"\\u200b"'],
    ['-1', '\u22121', '"-"', '"\\u2212"'],
    ['a', '\u0430', '"a"', '"\\u0430"'],
    ['"x"', '\u201cx"', '"""', '"\\u201c"'],
    ['12', '\uff112', '"1"', '"\\uff11"'],
  ])('%j against %j', (expected, received, wanted, got) => {
    const notes = notesOf(() => expect(printed(`${received}\n`)).toHaveStdout(`${expected}\n`))
    expect(notes).toContain(`Line 1 looks the same in both: expected ${wanted}, received ${got}.`)
    expect(notes.split('\n').filter((line) => /^[-+] (?!Exp|Rec)/.test(line))).toHaveLength(2)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not ASCII
    expect(notes).not.toMatch(/[^\u0000-\u007f]/)
  })

  test('letters of other scripts stay unchanged', () => {
    const notes = notesOf(() => expect(printed('grün\n')).toHaveStdout('größe\n'))
    expect(notes).toBe('- Expected\n+ Received\n\n- größe\n+ grün')
  })
})

test('output that is not valid UTF-8 is reported with the byte and its offset', () => {
  const bytes = printed(Buffer.from([0x61, 0x0a, 0xff, 0x0a]))
  expect(notesOf(() => expect(bytes).toHaveStdout('a\nb\n'))).toContain(
    'stdout is not valid UTF-8: byte 0xff at offset 2, line 2.\n\n',
  )
  const text = fabricate({
    stdout: '\ufffd',
    invalidUtf8: { stdout: { byte: 0xc3, offset: 0, line: 1 } },
  })
  const wrong = () => expect(text).toHaveStdout('\ufffd')
  expect(notesOf(wrong)).toBe('stdout is not valid UTF-8: byte 0xc3 at offset 0, line 1.')
  expect(text).not.toHaveStdout({ lines: '\ufffd' })
})

describe('the end of a failed run stands before the difference', () => {
  const start = (assertion: () => unknown) => messageOf(assertion).split('\n\n').slice(1, 3)

  test('for a limit and for a crash', () => {
    const slow = killed('walltime', 'ran longer than the walltime limit of 2 s')
    expect(start(() => expect(slow).toHaveStdout('3\n'))).toEqual([
      'The run did not succeed: ran longer than the walltime limit of 2 s.',
      'Expected: stdout "3\\n"\nReceived: ""',
    ])
    expect(start(() => expect(exited(1)).toHaveFile('out.txt'))[0]).toBe(
      'The run did not succeed: the program exited with code 1.',
    )
  })

  test('but not where the program succeeded, or the assertion has .not', () => {
    const cause = 'The run did not succeed'
    expect(messageOf(() => expect(printed('2')).toHaveStdout('3'))).not.toContain(cause)
    expect(messageOf(() => expect(exited(1)).not.toHaveStdout(''))).not.toContain(cause)
  })
})

describe('tokens', () => {
  const exact = (tokens: string) => ({ tokens, float: 0 })

  test.each([
    ['1000000000000000007', '1000000000000000000', false],
    ['1000000000000000007.0', '1000000000000000007', true],
    ['0.30000000000000004', '0.3', false],
    ['-0', '0', true],
    ['1e3', '1000', true],
    ['1e400', '1e401', false],
    ['007', '7', true],
    ['1e', '1', false],
    ['.', '0', false],
    ['0x10', '16', false],
    [`${'9'.repeat(5000)}8`, `${'9'.repeat(5000)}7`, false],
  ])('%s is %s as a number: %s', (stdout, tokens, same) => {
    const assertion = expect(printed(stdout))
    const wanted = same ? assertion : assertion.not
    wanted.toHaveStdout(exact(tokens))
  })

  test('may differ in case, and prompts are removed', () => {
    expect(printed('YES No')).toHaveStdout({ tokens: 'yes no', ignoreCase: true })
    expect(printed('YES')).not.toHaveStdout({ tokens: 'yes' })
    const asked = printed('Enter n: Enter m: 7\n')
    expect(asked).toHaveStdout({ tokens: '7', prompts: /Enter \w: / })
    const wrong = () =>
      expect(asked).toHaveStdout({ tokens: '8', ignoreCase: true, prompts: /Enter \w: /g })
    expect(messageOf(wrong)).toContain(
      'Expected: stdout with the tokens "8", ignoring case, without /Enter \\w: /g\n',
    )
    expect(notesOf(wrong)).toBe('Token 1 differs: expected "8", received "7".')
  })

  test('name the line that differs', () => {
    expect(notesOf(() => expect(printed('1\n2\n7\n')).toHaveStdout({ tokens: '1 2 6' }))).toBe(
      'Token 3 differs (line 3): expected "6", received "7".',
    )
  })

  test('show characters that look alike as escapes', () => {
    const notes = (got: string, tokens: string) =>
      notesOf(() => expect(printed(got)).toHaveStdout({ tokens }))
    expect(notes('1 e\u0301', '1 \u00e9')).toBe(
      'Token 2 differs: expected "\\xe9", received "e\\u0301".',
    )
    expect(notes('\u22121', '-1')).toBe('Token 1 differs: expected "-1", received "\\u22121".')
    expect(notes('a\u200bb', 'ab')).toBe('Token 1 differs: expected "ab", received "a\\u200bb".')
  })

  test('cut long words to the surroundings of their difference', () => {
    const long = 'x'.repeat(1000)
    expect(
      notesOf(() => expect(printed(`${long}1${long}`)).toHaveStdout({ tokens: `${long}2${long}` })),
    ).toMatch(
      /^Token 1 differs: expected "…x{80}2x{159}… \(2001 characters\)", received "…x{80}1x+…/,
    )
  })

  test('take no option that does not exist', () => {
    const wrong = { tokens: '1', precision: 3 }
    expect(messageOf(() => expect(printed('1')).toHaveStdout(wrong))).toContain(
      'Matcher error: There is no option "precision" here; expected `tokens`, `float`, `ignoreCase`, `prompts`',
    )
  })
})

describe('a failure contains the data for the student’s message', () => {
  function failureOf(assertion: () => unknown) {
    try {
      assertion()
    } catch (error) {
      return matcherFailureOf(error)
    }
    throw new Error('Expected the assertion to fail')
  }

  test('with the differing line or word', () => {
    const wrong = () => expect(printed('1\n2\n7\n')).toHaveStdout('1\n2\n6\n')
    expect(failureOf(wrong)).toMatchObject({
      kind: 'output',
      matcher: 'toHaveStdout',
      negated: false,
      stream: 'stdout',
      line: 3,
      expected: '6',
      received: '7',
    })
    const failure = failureOf(() => expect(printed('1\n2 7\n')).toHaveStdout({ tokens: '1 2 6' }))
    expect(failure && studentMessage(failure, { input: '3\n' })).toBe(
      [
        'Line 2: expected `6`, your program printed `7`.',
        'Input:\n3',
        'Expected output:\n1 2 6',
        'Output of your program:\n1\n2 7',
      ].join('\n\n'),
    )
  })

  test('also behind a cause, as the test runner serializes it, and never for another error', () => {
    const failure = failureOf(() => expect(exited(1)).toExitWith(0))
    expect(
      matcherFailureOf(new Error('x', { cause: { matcherResult: { actual: failure } } })),
    ).toBe(failure)
    expect(JSON.parse(JSON.stringify(failure))).toMatchObject({ kind: 'exit-code', expected: 0 })
    expect(matcherFailureOf(new Error('x'))).toBeUndefined()
    expect(matcherFailureOf({ actual: { kind: 'output' } })).toBeUndefined()
  })
})
