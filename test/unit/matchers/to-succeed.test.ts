import { expect, test } from 'vitest'
import { exited, fabricate, killed, messageOf } from './fabricated.ts'

test('a program that exits with code 0 succeeds', () => {
  expect(fabricate()).toSucceed()
})

test('a program that exits with another code does not, and the message shows the run', () => {
  const run = exited(1, {
    args: ['--fast', 'two words'],
    stdout: '1\n2\n',
    stderr: 'Traceback: oh no',
  })
  expect(messageOf(() => expect(run).toSucceed())).toMatchInlineSnapshot(`
    "expect(run).toSucceed()

    Expected: exit code 0 within every limit
    Received: exit code 1

    reason:  the program exited with code 1
    verdict: exited, exit code 1
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out --fast "two words"
    policy:  strict
    stdout:
      1
      2
    stderr:
      Traceback: oh no"
  `)
})

test('a program that was killed does not succeed, whatever it printed', () => {
  const run = killed('walltime', 'it ran for longer than its walltime limit of 2 s', {
    signal: 'SIGKILL',
    stdout: 'done\n',
  })
  expect(messageOf(() => expect(run).toSucceed())).toMatchInlineSnapshot(`
    "expect(run).toSucceed()

    Expected: exit code 0 within every limit
    Received: killed for exceeding its walltime limit

    reason:  it ran for longer than its walltime limit of 2 s
    verdict: walltime, signal SIGKILL
    limits:  walltime 2 s (watch)
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:
      done
    stderr:  empty"
  `)
})

test('the message with .not says that the program succeeded', () => {
  expect(messageOf(() => expect(fabricate()).not.toSucceed())).toMatchInlineSnapshot(`
    "expect(run).not.toSucceed()

    Expected: not exit code 0 within every limit
    Received: exit code 0

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})
