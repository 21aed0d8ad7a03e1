import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import { announceNetworkSteps, makeNetworkSteps } from '../../../src/launcher/plan/network.ts'
import { calls, initSteps, root, samplePlan, user } from './sample-plans.ts'

describe.each(['loopback', 'none'] as const)('the making of a network: %s', (mode) => {
  const steps = makeNetworkSteps(mode, { asRoot: false, next: 'next' })
  const all = steps.map(describeStep)

  test('shows its namespace, and reports, when everything else is done', () => {
    const shown = all.indexOf('dup3(init.network, 30, O_CLOEXEC)')
    expect(all.slice(shown, shown + 3)).toEqual([
      'dup3(init.network, 30, O_CLOEXEC)',
      'close(init.network)',
      'write(35, [1], 8)',
    ])
    expect(steps[shown + 2]?.next).toEqual({ goto: 'next' })
  })

  test('brings up the loopback of the new namespace, where the policy has one', () => {
    const before = all.slice(0, all.indexOf('dup3(init.network, 30, O_CLOEXEC)'))
    expect(before).toEqual([
      'unshare(CLONE_NEWNET)',
      'openat(8, "self/ns/net", O_RDONLY|O_CLOEXEC, 0)',
      ...(mode === 'none'
        ? []
        : [
            'socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0)',
            'ioctl(init.fd, SIOCSIFFLAGS, <40 bytes>)',
            'close(init.fd)',
          ]),
    ])
  })

  test('fails as a whole, reports, and no longer keeps the init waiting', () => {
    const made = steps.slice(0, all.indexOf('write(35, [1], 8)'))
    for (const { onError } of made) expect(onError).toEqual({ goto: 'network.failed' })
    const failed = steps.findIndex(({ label }) => label === 'network.failed')
    expect(all.slice(failed)).toEqual(['write(3, 0x10000200, 24)', 'write(35, [1], 8)'])
    expect(steps.at(-1)?.next).toEqual({ goto: 'starter.exit' })
  })
})

test('brings up lo and no other interface', () => {
  const [, , argument] =
    makeNetworkSteps('loopback', { asRoot: false, next: 'next' }).find(
      ({ syscall }) => syscall === 'ioctl',
    )?.args ?? []
  const request = typeof argument === 'object' && argument.kind === 'bytes' ? argument.bytes : []
  // struct ifreq: sixteen bytes of name, then the flags; IFF_UP is 1.
  expect(Buffer.from(request).toString('latin1', 0, 18)).toBe(`lo${'\0'.repeat(14)}\x01\0`)
})

test.each([
  ['loopback', 'unshare(CLONE_NEWUSER|CLONE_NEWNET)'],
  ['none', 'unshare(CLONE_NEWNET)'],
] as const)('root, which may lack CAP_NET_ADMIN, makes %s with %s', (mode, call) => {
  const [first] = makeNetworkSteps(mode, { asRoot: true, next: 'next' })
  expect(first && describeStep(first)).toBe(call)
})

test('the host’s network needs no step', () => {
  expect([
    announceNetworkSteps('host'),
    makeNetworkSteps('host', { asRoot: true, next: 'next' }),
  ]).toEqual([[], []])
})

test('the init joins the network after it was made, and before the program starts', () => {
  const all = calls(initSteps(samplePlan(user).steps))
  const joins = all.indexOf('ppoll([35, 4], 2, NULL, NULL)')
  expect(all.slice(joins, joins + 5)).toEqual([
    'ppoll([35, 4], 2, NULL, NULL)',
    'read(35, &init.fd, 8)',
    'setns(30, CLONE_NEWNET)',
    'close(30)',
    'close(35)',
  ])
  expect(joins).toBeLessThan(
    all.findIndex((call) => call.startsWith('clone(CLONE_VM|CLONE_FILES|CLONE_VFORK')),
  )
})

test('the init stops waiting for its network when the caller ends', () => {
  const steps = initSteps(samplePlan(user).steps)
  const read = steps.find((step) => describeStep(step).startsWith('read(35'))
  expect(read?.onError).toEqual({ goto: 'init.unused' })
})

test('a program that makes only local sockets needs no loopback interface', () => {
  const all = calls(samplePlan(root, { onlyLocal: true }).steps)
  expect(all).toContain('unshare(CLONE_NEWNET)')
  expect(all.filter((call) => call.includes('SIOCSIFFLAGS'))).toEqual([])
})
