import { expect, test } from 'vitest'
import { exited, killed, messageOf } from './fabricated.ts'

const segfault = killed('signaled', 'the program was killed by SIGSEGV', { signal: 'SIGSEGV' })

test('a signal is given by its name, with or without SIG, or by its number', () => {
  expect(segfault).toBeKilledBy('SIGSEGV')
  expect(segfault).toBeKilledBy('SEGV')
  expect(segfault).toBeKilledBy(11)
  expect(segfault).not.toBeKilledBy('SIGABRT')
})

test('two names of one signal match the same program', () => {
  expect(killed('signaled', '', { signal: 'SIGABRT' })).toBeKilledBy('SIGIOT')
  expect(killed('signaled', '', { signal: 'SIGRTMIN+1' })).toBeKilledBy(35)
  // The C library gives 32 and 33 no names (signal(7)).
  expect(killed('signaled', '', { signal: 'signal 32' })).toBeKilledBy(32)
  expect(killed('signaled', '', { signal: 'SIGRTMAX-1' })).toBeKilledBy('RTMIN+29')
})

test('the message names another signal, or an exit', () => {
  expect(messageOf(() => expect(segfault).toBeKilledBy(6))).toMatchInlineSnapshot(`
    "expect(run).toBeKilledBy(6)

    Expected: killed by SIGABRT
    Received: killed by SIGSEGV

    reason:  the program was killed by SIGSEGV
    verdict: signaled, signal SIGSEGV
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
  expect(messageOf(() => expect(exited(139)).toBeKilledBy('SEGV'))).toContain(
    'Received: exit code 139',
  )
})

test('a program killed for its walltime was not killed "by SIGKILL"', () => {
  const run = killed('walltime', 'it ran for longer than its walltime limit of 2 s', {
    signal: 'SIGKILL',
  })
  expect(run).not.toBeKilledBy('SIGKILL')
  expect(messageOf(() => expect(run).toBeKilledBy('SIGKILL'))).toMatchInlineSnapshot(`
    "expect(run).toBeKilledBy("SIGKILL")

    Expected: killed by SIGKILL
    Received: killed for exceeding its walltime limit

    The signal was not the cause; toExceedWalltime() asserts what was.

    reason:  it ran for longer than its walltime limit of 2 s
    verdict: walltime, signal SIGKILL
    limits:  walltime 2 s (watch)
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})

test.each(['SIGFOO', 'segv', '', 0, 65, 'SIGRTMIN+31'])('%j is not a signal', (signal) => {
  const wrong = signal as 'SIGSEGV'
  expect(messageOf(() => expect(segfault).not.toBeKilledBy(wrong))).toContain(
    `Matcher error: Expected a signal such as "SIGSEGV", "SEGV" or 11, got ${JSON.stringify(signal)}`,
  )
})
