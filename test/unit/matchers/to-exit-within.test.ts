import { expect, test } from 'vitest'
import { exited, fabricate, killed, messageOf } from './fabricated.ts'

const slow = { ...fabricate().usage, wallTimeMs: 1500 }

test('a program that exited in time passes, whatever its exit code', () => {
  expect(fabricate()).toExitWithin('1s')
  expect(exited(1)).toExitWithin(12)
  expect(exited(1)).not.toExitWithin(11)
})

test('a slow program is shown with its time and its limit', () => {
  expect(
    messageOf(() => expect(fabricate({ usage: slow })).toExitWithin('1s')),
  ).toMatchInlineSnapshot(`
    "expect(run).toExitWithin("1s")

    Expected: an exit by itself within 1 s
    Received: exit code 0 after 1.5 s

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    limits:  walltime 2 s (watch)
    usage:   walltime 1.5 s, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})

test('a program that crashed at once did not exit', () => {
  const run = killed('signaled', 'the program was killed by SIGSEGV', { signal: 'SIGSEGV' })
  expect(run).not.toExitWithin('1s')
})

test('a time that rounding would make equal to the bound is shown exactly', () => {
  const run = fabricate({ usage: { ...slow, wallTimeMs: 1000.4 } })
  expect(messageOf(() => expect(run).toExitWithin('1s'))).toContain(
    'Received: exit code 0 after 1 s (1000.4 ms)',
  )
})

test('text that is not a duration fails at once, also with .not', () => {
  const assertion = () => expect(fabricate()).not.toExitWithin('fast')
  expect(messageOf(assertion)).toMatchInlineSnapshot(`
    "expect(run).not.toExitWithin("fast")

    Matcher error: Expected a duration such as "1.5s", "200ms" or "2min", got "fast""
  `)
})
