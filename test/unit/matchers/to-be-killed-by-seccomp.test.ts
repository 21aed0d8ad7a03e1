import { expect, test } from 'vitest'
import { exited, killed, messageOf } from './fabricated.ts'

const reason = 'the program called socket, which its policy does not allow'
const denied = killed('seccomp', reason, {
  signal: 'SIGSYS',
  syscall: {
    name: 'socket',
    args: [2, 1, 0],
    text: 'socket(AF_INET, SOCK_STREAM, 0)',
    arch: 'x86_64',
  },
})
const unnamed = killed('seccomp', 'the program made a system call that its policy does not allow')

test('a seccomp kill is asserted without a call, by name, by pattern or by predicate', () => {
  expect(denied).toBeKilledBySeccomp()
  expect(denied).toBeKilledBySeccomp('socket')
  expect(denied).toBeKilledBySeccomp(/^sock/g)
  expect(denied).toBeKilledBySeccomp(/^socket\(AF_INET, SOCK_STREAM/)
  expect(denied).toBeKilledBySeccomp(({ name, args }) => name === 'socket' && args[0] === 2)
  expect(denied).not.toBeKilledBySeccomp('sock')
  expect(denied).not.toBeKilledBySeccomp(({ args }) => args[0] === 10)
  expect(denied).not.toBeKilledBy('SIGSYS')
})

test('the message shows a predicate that returns false', () => {
  const assertion = () => expect(denied).toBeKilledBySeccomp(({ args }) => args[0] === 10)
  expect(messageOf(assertion).split('\n\n').slice(0, 2).join('\n')).toMatchInlineSnapshot(`
    "expect(run).toBeKilledBySeccomp(predicate)
    Expected: killed by seccomp for a call that the predicate accepts
    Received: killed by seccomp for socket(AF_INET, SOCK_STREAM, 0)"
  `)
})

test('a program that raised SIGSYS itself was not killed by seccomp', () => {
  expect(
    killed('signaled', 'the program was killed by SIGSYS', { signal: 'SIGSYS' }),
  ).not.toBeKilledBySeccomp()
})

test('the message names another system call, or an exit', () => {
  expect(messageOf(() => expect(denied).toBeKilledBySeccomp('ptrace'))).toMatchInlineSnapshot(`
    "expect(run).toBeKilledBySeccomp("ptrace")

    Expected: killed by seccomp for ptrace
    Received: killed by seccomp for socket(AF_INET, SOCK_STREAM, 0)

    reason:  the program called socket, which its policy does not allow
    verdict: seccomp, signal SIGSYS
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
  expect(messageOf(() => expect(exited(1)).toBeKilledBySeccomp())).toContain(
    'Expected: killed by seccomp\nReceived: exit code 1',
  )
})

test('where the kernel could not name the call, an assertion about the call fails in both directions', () => {
  expect(unnamed).toBeKilledBySeccomp()
  expect(messageOf(() => expect(unnamed).toBeKilledBySeccomp('socket'))).toMatchInlineSnapshot(`
    "expect(run).toBeKilledBySeccomp("socket")

    Expected: killed by seccomp for socket
    Received: killed by seccomp for a system call that the kernel did not name

    The kernel could not name the system call, so Gradebox cannot tell whether it was this one; toBeKilledBySeccomp() without an argument asserts the kill alone.

    reason:  the program made a system call that its policy does not allow
    verdict: seccomp
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
  expect(messageOf(() => expect(unnamed).not.toBeKilledBySeccomp(/socket/))).toContain(
    'The kernel could not name the system call',
  )
})

test('an argument that is no name, pattern or predicate fails at once', () => {
  const assertion = () => expect(denied).not.toBeKilledBySeccomp('not a name')
  expect(messageOf(assertion)).toMatchInlineSnapshot(`
    "expect(run).not.toBeKilledBySeccomp("not a name")

    Matcher error: Expected a system call's name such as "socket", a RegExp or a predicate, got "not a name""
  `)
})
