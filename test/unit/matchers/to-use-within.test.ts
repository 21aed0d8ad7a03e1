import { expect, test } from 'vitest'
import { fabricate, killed, messageOf } from './fabricated.ts'

test('CPU time is compared, however the run ended', () => {
  expect(fabricate()).toUseCpuWithin('8ms')
  expect(fabricate()).not.toUseCpuWithin(7)
  expect(killed('walltime', 'it ran too long')).toUseCpuWithin('1s')
})

test('the message shows excessive CPU time', () => {
  expect(messageOf(() => expect(fabricate()).toUseCpuWithin('5ms'))).toMatchInlineSnapshot(`
    "expect(run).toUseCpuWithin("5ms")

    Expected: at most 5 ms of processor time
    Received: 8 ms

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    limits:  cpu 1 s (rlimit)
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})

test('memory is compared, however the run ended', () => {
  expect(fabricate()).toUseMemoryWithin('1.5MiB')
  expect(fabricate()).not.toUseMemoryWithin('1.5MB')
  expect(killed('memory', 'it used too much memory')).toUseMemoryWithin('64MiB')
})

test('the message shows excessive memory, exactly where rounding would hide it', () => {
  expect(messageOf(() => expect(fabricate()).toUseMemoryWithin('1MiB'))).toMatchInlineSnapshot(`
    "expect(run).toUseMemoryWithin("1MiB")

    Expected: at most 1 MiB of memory
    Received: 1.5 MiB

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    limits:  memory 64 MiB (cgroup)
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
  expect(messageOf(() => expect(fabricate()).toUseMemoryWithin(1_572_863))).toContain(
    'Received: 1.5 MiB (1572864 bytes)',
  )
})

test('a bound with an unknown unit fails at once', () => {
  expect(messageOf(() => expect(fabricate()).toUseCpuWithin('5 moons'))).toMatchInlineSnapshot(`
    "expect(run).toUseCpuWithin("5 moons")

    Matcher error: Expected a duration such as "1.5s", "200ms" or "2min", got "5 moons""
  `)
  expect(messageOf(() => expect(fabricate()).toUseMemoryWithin('1 byte'))).toContain(
    'Matcher error: Expected a size such as "64MiB", "10MB" or "512B", got "1 byte"',
  )
})
