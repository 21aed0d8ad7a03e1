import { expect, test } from 'vitest'
import { exited, killed, messageOf } from './fabricated.ts'

test('an exit code is compared with that of a program that exited', () => {
  expect(exited(3)).toExitWith(3)
  expect(exited(3)).not.toExitWith(4)
})

test('a killed program has no exit code, not even 137', () => {
  const run = killed('signaled', 'the program was killed by SIGKILL', { signal: 'SIGKILL' })
  expect(run).not.toExitWith(137)
  expect(messageOf(() => expect(run).toExitWith(137))).toMatchInlineSnapshot(`
    "expect(run).toExitWith(137)

    Expected: exit code 137
    Received: killed by SIGKILL

    reason:  the program was killed by SIGKILL
    verdict: signaled, signal SIGKILL
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})

test.each([-1, 256, 1.5, Number.NaN])('%s is not an exit code', (code) => {
  expect(messageOf(() => expect(exited(0)).not.toExitWith(code))).toContain(
    'Matcher error: Expected an exit code from 0 to 255, got ',
  )
})

test('text is not an exit code', () => {
  // @ts-expect-error
  expect(messageOf(() => expect(exited(0)).toExitWith('0'))).toMatchInlineSnapshot(`
    "expect(run).toExitWith("0")

    Matcher error: Expected an exit code from 0 to 255, got "0""
  `)
})
