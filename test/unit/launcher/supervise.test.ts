import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import { entrySteps } from '../../../src/launcher/plan/entry-steps.ts'
import { pollFd } from '../../../src/launcher/plan/poll.ts'
import { startSteps, superviseSteps } from '../../../src/launcher/plan/supervise.ts'
import { RECORD } from '../../../src/launcher/report/records.ts'
import type { Step } from '../../../src/launcher/step.ts'

const steps = (options: Partial<Parameters<typeof superviseSteps>[0]> = {}) =>
  [startSteps, superviseSteps].flatMap((part) =>
    part({ listener: true, log: undefined, arch: 'x64', ...options }),
  )

/** The steps that the init repeats while the program runs. */
function loop(all: readonly Step[]): readonly Step[] {
  const start = all.findIndex(({ label }) => label === 'watch.wait')
  return all.slice(
    start,
    all.findIndex(({ label }) => label === 'watch.walltime'),
  )
}

describe('the usage of the init’s helpers', () => {
  test('is measured before the init makes the program’s process, whose clock starts with its request', () => {
    const all = steps().map(describeStep)
    const start = all.indexOf('getrusage(RUSAGE_CHILDREN, &end.before)')
    expect(all.slice(start, start + 5)).toEqual([
      'getrusage(RUSAGE_CHILDREN, &end.before)',
      'perf_event_open(PERF_COUNT_SW_TASK_CLOCK|inherit|enable_on_exec, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)',
      'dup3(init.fd, 41, O_CLOEXEC)',
      'close(init.fd)',
      'clone(CLONE_VM|CLONE_FILES|CLONE_VFORK|SIGCHLD)',
    ])
    expect(entrySteps(false).map(describeStep)).toContain(
      'clock_gettime(CLOCK_MONOTONIC, &end.start)',
    )
  })

  test('is reported with the total usage, in one record', () => {
    const all = steps().map(describeStep)
    expect(all.slice(-2)).toEqual([
      'getrusage(RUSAGE_CHILDREN, &end.rusage)',
      'write(3, &end.tag, 368)',
    ])
    expect(RECORD.end.size).toBe(368)
  })
})

describe('a program that takes the init’s limits away', () => {
  const failing = (all: readonly Step[]) =>
    loop(all)
      .filter(({ syscall }) => syscall === 'ppoll')
      .filter(({ onError = 'fail' }) => onError === 'fail')
      .map(describeStep)

  test('is ended for that without a listener', () => {
    expect(failing(steps({ listener: false }))).toEqual([])
  })

  // RLIMIT_NOFILE is 0 while the init waits. The init's next wait is for the listener alone.
  test('is ended for that with a listener', () => {
    expect(failing(steps())).toEqual([])
  })

  test('is reported', () => {
    const write = steps().find(({ label }) => label === 'watch.tampered')
    expect(write?.args[1]).toEqual({ kind: 'bytes', bytes: RECORD.tampered.tag })
    expect(write?.next).toEqual({ goto: 'watch.stop' })
  })
})

test('the init waits only for readable data or a hang-up', () => {
  // struct pollfd: int fd, short events, short revents; POLLIN is 1.
  expect(Buffer.from(pollFd(5)).toString('hex')).toBe('0500000001000000')
  expect(Buffer.from(pollFd(8, 0)).toString('hex')).toBe('0800000000000000')
})
