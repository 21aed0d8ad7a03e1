import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/runner/launcher/describe/describe.ts'
import { networkSteps, startNetworkSteps } from '../../../src/runner/launcher/plan/network.ts'
import { calls, initSteps, samplePlan, user } from './sample-plans.ts'

describe.each(['loopback', 'none'] as const)('the maker of a network: %s', (mode) => {
  const steps = networkSteps(mode)
  const all = steps.map(describeStep)

  test('shows its namespace when all else is done', () => {
    const shown = all.indexOf('dup3(init.network, 20, O_CLOEXEC)')
    expect(all.slice(shown)).toEqual([
      'dup3(init.network, 20, O_CLOEXEC)',
      'close(init.network)',
      'exit_group(0)',
    ])
  })

  test('brings the loopback up where there is to be one, in the new namespace', () => {
    const before = all.slice(0, all.indexOf('dup3(init.network, 20, O_CLOEXEC)'))
    expect(before).toEqual([
      'unshare(CLONE_NEWNET)',
      'openat(7, "self/ns/net", O_RDONLY|O_CLOEXEC, 0)',
      ...(mode === 'none'
        ? []
        : [
            'socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0)',
            'ioctl(init.fd, SIOCSIFFLAGS, <40 bytes>)',
            'close(init.fd)',
          ]),
    ])
  })

  test('fails as a whole: no step’s error is passed over', () => {
    for (const { onError, tolerate } of steps) {
      expect([onError, tolerate]).toEqual([undefined, undefined])
    }
  })
})

test('the interface that is brought up is lo', () => {
  const [, , argument] =
    networkSteps('loopback').find(({ syscall }) => syscall === 'ioctl')?.args ?? []
  const request = typeof argument === 'object' && argument.kind === 'bytes' ? argument.bytes : []
  // struct ifreq: sixteen bytes of name, then the flags; IFF_UP is 1.
  expect(Buffer.from(request).toString('latin1', 0, 18)).toBe(`lo${'\0'.repeat(14)}\x01\0`)
})

test('the host’s network needs no maker', () => {
  expect([startNetworkSteps('host'), networkSteps('host')]).toEqual([[], []])
})

test('the init joins the network after its maker is gone, and before the program starts', () => {
  const all = calls(initSteps(samplePlan(user).steps))
  const joins = all.indexOf('wait4(init.network, 0, 0, 0)')
  expect(all.slice(joins, joins + 3)).toEqual([
    'wait4(init.network, 0, 0, 0)',
    'setns(20, CLONE_NEWNET)',
    'close(20)',
  ])
  expect(joins).toBeLessThan(all.findIndex((call) => call.startsWith('clone(CLONE_VM')))
})
