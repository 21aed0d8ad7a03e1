import { expect, test } from 'vitest'
import { SandboxError } from '../../../src/errors/sandbox-error.ts'
import { exited, fabricate, messageOf } from './fabricated.ts'

test('a run that was not awaited is pointed out, also with .not', () => {
  const pending = Promise.resolve(fabricate())
  expect(messageOf(() => expect(pending).not.toSucceed())).toMatchInlineSnapshot(`
    "expect(run).not.toSucceed()

    Matcher error: the received value must be the result of a sandboxed run
    Received: a run that is still pending (a promise); did you forget \`await\`, or \`.resolves\`?"
  `)
})

test.each([
  [undefined, 'Received: undefined'],
  [{ exitCode: 0 }, 'Received: an object of type Object'],
  [
    new SandboxError('no namespaces', { code: 'NAMESPACES_UNAVAILABLE' }),
    'Received: SandboxError: no namespaces',
  ],
])('%s is not a result', (value: unknown, message) => {
  expect(messageOf(() => expect(value).toSucceed())).toContain(message)
})

test('a message behind resolves shows the assertion as the test wrote it', async () => {
  await expect(Promise.resolve(fabricate())).resolves.toSucceed()
  const failure = await expect(Promise.resolve(exited(1)))
    .resolves.toSucceed()
    .catch((error) => error)
  expect(messageOf(() => expect.fail(failure.message))).toMatch(
    /^expect\(run\)\.resolves\.toSucceed\(\)\n/,
  )
})

test('every matcher works inside another', () => {
  const runs = { good: fabricate({ stdout: '3\n' }), bad: exited(1), count: 2 }
  expect(runs).toEqual({
    good: expect.toHaveStdout('3\n'),
    bad: expect.not.toSucceed(),
    count: 2,
  })
  expect(Object.values(runs)).toEqual(expect.arrayContaining([expect.toExitWith(1)]))
  expect(runs).not.toEqual({ good: expect.toExitWith(1), bad: expect.anything(), count: 2 })
})

test.each([
  ['a value that is not a result', () => expect('abc' as unknown).toSucceed()],
  ['a wrong argument', () => expect(fabricate()).toExitWithin('soon')],
  ['text that is not an expectation', () => expect(fabricate()).toHaveStdout(3 as never)],
])('the error for %s points to the line of the test', (_, assert) => {
  let stack: string | undefined
  try {
    assert()
  } catch (error) {
    stack = (error as Error).stack
  }
  const frames = stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []
  expect(frames.filter((line) => line.includes('/src/'))).toEqual([])
  expect(frames.find((line) => !line.includes('node_modules'))).toContain('misuse.test.ts')
})
