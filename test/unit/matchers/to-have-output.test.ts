import { expect, test } from 'vitest'
import { fabricate, messageOf } from './fabricated.ts'

const printed = (stdout: string | Uint8Array) => fabricate({ stdout })
const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}\n`).join('')

test('text is compared exactly', () => {
  expect(printed('a\nb\n')).toHaveStdout('a\nb\n')
  expect(printed('a\nb\n')).not.toHaveStdout('a\nb')
  expect(fabricate({ stderr: 'oops' })).toHaveStderr('oops')
})

test('bytes are compared with text as UTF-8', () => {
  expect(printed(Buffer.from('grün\n'))).toHaveStdout('grün\n')
  expect(printed(Buffer.from([0xff]))).not.toHaveStdout('\ufffd')
})

test('different text is shown as a diff', () => {
  expect(
    messageOf(() => expect(printed('a\nx\nc\n')).toHaveStdout('a\nb\nc\n')),
  ).toMatchInlineSnapshot(`
    "expect(run).toHaveStdout("a\\nb\\nc\\n")

    Expected: stdout "a\\nb\\nc\\n"
    Received: "a\\nx\\nc\\n"

    - Expected
    + Received

      a
    - b
    + x
      c

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:
      a
      x
      c
    stderr:  empty"
  `)
})

test('a missing final newline is named', () => {
  expect(messageOf(() => expect(printed('3')).toHaveStdout('3\n'))).toMatchInlineSnapshot(`
    "expect(run).toHaveStdout("3\\n")

    Expected: stdout "3\\n"
    Received: "3"

    The only difference is the final newline: it is missing.

    - Expected
    + Received

      3
    -

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:
      3
    stderr:  empty"
  `)
})

test.each([
  ['a\n\n', 'a\n', 'The only difference is the final newline: there is one too many.'],
  ['a\n', 'a', 'The only difference is the final newline: none was expected.'],
  ['a\r\nb\r\n', 'a\nb\n', 'The only difference is how lines end: "\\r\\n" against "\\n".'],
  ['a  \nb\n\n\n', 'a\nb\n', 'The only difference is white space at the ends of lines'],
])('%j instead of %j: %s', (stdout, expected, advice) => {
  expect(messageOf(() => expect(printed(stdout)).toHaveStdout(expected))).toContain(advice)
})

test('white space at the end of a line is made visible', () => {
  const message = messageOf(() => expect(printed('a \t\nb\n')).toHaveStdout('a\nb\n'))
  expect(message).toContain('+ a·→')
})

test('the surroundings of the first difference in long output are shown', () => {
  const stdout = lines(5000).replace('line 4000\n', 'LINE 4000\n')
  const message = messageOf(() => expect(printed(stdout)).toHaveStdout(lines(5000)))
  expect(message).toContain('The texts differ first in line 4000:')
  expect(message).toContain('- line 4000\n+ LINE 4000')
  expect(message.length).toBeLessThan(5000)
})

test('one huge line is not printed whole', () => {
  const message = messageOf(() =>
    expect(printed(`${'x'.repeat(1e6)}y`)).toHaveStdout(`${'x'.repeat(1e6)}z`),
  )
  expect(message.length).toBeLessThan(10_000)
})

test('a pattern must occur in the output', () => {
  const total = /^total: \d+$/gm
  expect(printed('a\ntotal: 7\n')).toHaveStdout(total)
  expect(printed('a\ntotal: 7\n')).toHaveStdout(total)
  expect(messageOf(() => expect(printed('nothing\n')).toHaveStdout(total))).toMatchInlineSnapshot(`
    "expect(run).toHaveStdout(/^total: \\d+$/gm)

    Expected: stdout matching /^total: \\d+$/gm
    Received: "nothing\\n"

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:
      nothing
    stderr:  empty"
  `)
})

test('lines are compared without the white space at their ends', () => {
  expect(printed('1 2 \r\n3\n\n')).toHaveStdout({ lines: '1 2\n3' })
  expect(printed('1 2\n3')).toHaveStdout({ lines: ['1 2', '3 ', ''] })
  expect(printed(' 1\n')).not.toHaveStdout({ lines: '1' })
  expect(printed('1\n\n2\n')).not.toHaveStdout({ lines: ['1', '2'] })
  expect(
    messageOf(() => expect(printed('1 \n3\n')).toHaveStdout({ lines: ['1', '2'] })),
  ).toMatchInlineSnapshot(`
    "expect(run).toHaveStdout({…})

    Expected: stdout with the lines "1\\n2"
    Received: "1\\n3"

    - Expected
    + Received

      1
    - 2
    + 3

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:
      1 
      3
    stderr:  empty"
  `)
})

test('tokens are compared, whatever separates them', () => {
  expect(printed('1  2\n\n3')).toHaveStdout({ tokens: '1 2 3' })
  expect(printed('1 2 3\n')).toHaveStdout({ tokens: ['1', '2 3'] })
  expect(printed('1 2.0 3\n')).not.toHaveStdout({ tokens: '1 2 3' })
  expect(printed(' \n')).toHaveStdout({ tokens: '' })
})

test.each([
  ['3.1415', '3.1416', 1e-3, true],
  ['1000001', '1000000', 1e-5, true],
  ['1000001', '1000000', 1e-7, false],
  ['-0', '0', 0, true],
  ['1e3', '1000', 0, true],
  ['pi', '3.14', 1, false],
  ['NaN', '0', 1, false],
])('%s instead of %s is within %s: %s', (stdout, tokens, float, within) => {
  const assertion = expect(printed(stdout))
  const expected = within ? assertion : assertion.not
  expected.toHaveStdout({ tokens, float })
})

test('the message names the first token that differs', () => {
  const wrong = () => expect(printed('1 2.5\n')).toHaveStdout({ tokens: '1 2', float: 0.1 })
  expect(messageOf(wrong)).toMatchInlineSnapshot(`
    "expect(run).toHaveStdout({…})

    Expected: stdout with the tokens "1 2", numbers within 0.1
    Received: "1 2.5"

    Token 2 differs: expected "2", received "2.5" (0.5 apart, tolerance 0.1).

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:
      1 2.5
    stderr:  empty"
  `)
})

test('the message names a missing token, and an extra one', () => {
  expect(messageOf(() => expect(printed('1')).toHaveStdout({ tokens: '1 2' }))).toContain(
    'Expected 2 tokens, received 1 token: token 2, "2", is missing.',
  )
  expect(messageOf(() => expect(printed('1 2')).toHaveStdout({ tokens: '1' }))).toContain(
    'Expected 1 token, received 2 tokens: token 2, "2", is too many.',
  )
})

test('a value that cannot be compared fails at once', () => {
  // @ts-expect-error
  expect(messageOf(() => expect(printed('')).not.toHaveStdout(3))).toMatchInlineSnapshot(`
    "expect(run).not.toHaveStdout(3)

    Matcher error: Expected text, a RegExp, { lines } or { tokens, float }, got 3"
  `)
  const negative = () => expect(printed('')).not.toHaveStderr({ tokens: '', float: -1 })
  expect(messageOf(negative)).toContain(
    'Matcher error: Expected `float` to be a tolerance of 0 or more, got -1',
  )
})
