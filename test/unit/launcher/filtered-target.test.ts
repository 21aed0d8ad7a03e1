import { expect, test } from 'vitest'
import { FILTERED_CALLS } from '../../../src/launcher/plan/filter-steps.ts'
import type { Step } from '../../../src/launcher/step.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import type { Policy } from '../../../src/policy/policy.ts'
import { shippedPolicies } from '../../../src/policy/shipped.ts'
import { policyImage } from '../../../src/runner/prepare/image-cache.ts'
import { completePlan, root, samplePlan, user } from './sample-plans.ts'

const named = ({ syscall, args: [first] }: Step) =>
  FILTERED_CALLS.some((call) => {
    return call.syscall === syscall && (call.first === undefined || call.first === first)
  })

// A policy's filter might kill for any call that is missing from the list. The program would then never start.
test.each([root, user])(
  'a target whose filter is installed makes only the calls for which the filter was checked: $kind',
  (flow) => {
    const { steps } = completePlan(flow, 'target', {
      limits: {
        ...{
          wallTimeMs: 1500,
          cpuTimeMs: 10,
          memoryBytes: 1 << 20,
          fileSizeBytes: 1,
          stackBytes: 1,
        },
        ...{ addressSpaceBytes: 1, processes: 1, openFiles: 1, coreBytes: 1 },
      },
    })
    const target = steps.filter(({ process }) => process === 'target')
    const filter = target.findIndex(({ syscall }) => syscall === 'seccomp')
    const filtered = target.slice(filter + 1)
    expect(filtered.length).toBeGreaterThan(12)
    expect(filtered.filter((step) => !named(step))).toEqual([])
  },
)

// Where the init has the filter too, its calls pass by a token in the sixth register.
test.each([root, user])(
  'where the init counts denied calls, each of its calls has the token: $kind',
  (flow) => {
    const { steps } = samplePlan(flow)
    const filter = steps.findIndex(({ syscall }) => syscall === 'seccomp')
    expect(steps[filter]?.process).toBe('init')
    const withoutRoom = steps.slice(filter + 1).filter(({ args }) => args.length === 6)
    // The target's own calls, and those of the helper.
    const calls = withoutRoom.map(({ syscall }) => syscall)
    expect(calls).toEqual(['sched_setaffinity', 'sched_setaffinity'])
  },
)

const strict = loadPolicy('strict')

const isFiltered = (policy: Policy): boolean =>
  policyImage(policy, {
    level: 'full',
    flow: user,
    diskBytes: undefined,
    processors: 1,
    answered: { allocationBytes: 1n << 35n, mappingBytes: 1n << 47n },
    report: 'listener',
    cgroup: false,
    workdirTarget: '/work',
    adds: false,
    pipes: [0, 1, 2],
    discard: [],
  }).isFiltered

const refusing = (name: string): Policy =>
  loadPolicy({
    extends: 'strict',
    seccomp: { rules: [{ action: 'errno:EPERM', syscalls: [name] }] },
  })

test('a target waits with its filter installed under each shipped policy', {
  timeout: 60_000,
}, () => {
  for (const name of shippedPolicies()) {
    expect(isFiltered(loadPolicy(name)), name).toBe(true)
  }
})

// A policy that refuses execve is refused itself. A call with Gradebox's token passes under every policy.
test.each(FILTERED_CALLS.filter(({ syscall, hasToken }) => syscall !== 'execve' && !hasToken))(
  'a policy that refuses $syscall has its filter installed last',
  ({ syscall }) => {
    expect(isFiltered(refusing(syscall))).toBe(false)
  },
)

test('a policy that logs has its filter installed last too', () => {
  const seccomp = { default: 'log', rules: [] } as const
  expect(isFiltered({ ...strict, seccomp })).toBe(false)
})
