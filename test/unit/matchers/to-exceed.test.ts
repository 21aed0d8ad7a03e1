import { expect, test } from 'vitest'
import { fabricate, killed, messageOf } from './fabricated.ts'

const matchers = {
  walltime: 'toExceedWalltime',
  cpu: 'toExceedCpu',
  memory: 'toExceedMemory',
  output: 'toExceedOutput',
} as const
const statuses = ['walltime', 'cpu', 'memory', 'output'] as const

test.each(statuses)(
  'a program killed for its %s limit exceeded that limit and no other',
  (status) => {
    const run = killed(status, `it exceeded its ${status} limit`)
    for (const other of statuses) {
      if (other === status) expect(run)[matchers[other]]()
      else expect(run).not[matchers[other]]()
    }
  },
)

test('the message about a program within its memory limit shows its usage and the limit', () => {
  expect(messageOf(() => expect(fabricate()).toExceedMemory())).toMatchInlineSnapshot(`
    "expect(run).toExceedMemory()

    Expected: killed for exceeding its memory limit
    Received: exit code 0

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    limits:  memory 64 MiB (cgroup)
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})

test('a limit that was never set is pointed out', () => {
  const run = fabricate({ limits: { wallTimeMs: 2000 } })
  expect(messageOf(() => expect(run).toExceedCpu())).toMatchInlineSnapshot(`
    "expect(run).toExceedCpu()

    Expected: killed for exceeding its cpu limit
    Received: exit code 0

    This run had no cpu limit; set one with \`limits: { cpu: … }\`.

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    limits:  no cpu limit
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})

test('the message with .not names the limit, and how it was held', () => {
  const run = killed('output', 'it wrote more than its output limit of 1 MiB', { truncated: true })
  expect(messageOf(() => expect(run).not.toExceedOutput())).toMatchInlineSnapshot(`
    "expect(run).not.toExceedOutput()

    Expected: not killed for exceeding its output limit
    Received: killed for exceeding its output limit

    reason:  it wrote more than its output limit of 1 MiB
    verdict: output
    limits:  output 1 MiB (watch)
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB, output cut at its limit
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})

test('output beyond the length of a string is not reported as a limit', () => {
  const reason = 'wrote more to one stream than a text can hold (512 MiB); set limits.output'
  const run = killed('output', reason, { truncated: true, limits: {} })
  expect(messageOf(() => expect(run).not.toExceedOutput())).toMatchInlineSnapshot(`
    "expect(run).not.toExceedOutput()

    Expected: not killed for exceeding its output limit
    Received: killed for writing too much

    This run had no output limit; set one with \`limits: { output: … }\`.

    reason:  wrote more to one stream than a text can hold (512 MiB); set limits.output
    verdict: output
    limits:  no output limit
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB, output cut
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})
