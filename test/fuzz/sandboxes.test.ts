import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SandboxError } from '../../src/errors/sandbox-error.ts'
import { sandboxed } from '../../src/index.ts'
import type { PolicyInput } from '../../src/policy/policy-input.ts'
import { shippedPolicies } from '../../src/policy/shipped.ts'
import { syscallGroups } from '../../src/seccomp/rules/groups.ts'
import { fuzzCalls } from '../run/support/fuzz-calls.ts'
import { children } from '../run/support/processes.ts'
import { runShell } from '../run/support/programs.ts'
import { forSeeds } from './duration.ts'

const sample = <T>(arbitrary: fc.Arbitrary<T>, seed: number): T =>
  fc.sample(arbitrary, { seed, numRuns: 1 })[0] as T

const verdicts = ['exited', 'signaled', 'walltime', 'cpu', 'output', 'memory', 'seccomp']
// Other programs of this machine mount and unmount in the meantime.
const ownMounts = () => readFileSync('/proc/self/mountinfo', 'utf8').match(/.* tmpfs gradebox .*/g)

function expectNothingLeft(): void {
  expect(ownMounts()).toBeNull()
  expect(children().filter((child) => child.includes('gradebox'))).toEqual([])
}

test('random system calls with hostile arguments end with a verdict, and leave nothing', async () => {
  await forSeeds('calls', async (seed) => {
    const policy = seed % 2 === 0 ? 'strict' : 'sanitizers'
    const { result } = await fuzzCalls(1000, seed, policy)
    expect(verdicts, result.reason).toContain(result.status)
    expectNothingLeft()
    return `${policy}, ${result.status}`
  })
})

const group = fc.constantFrom(...syscallGroups.map(({ name }) => name))
const rule = fc.record({
  action: fc.constantFrom('allow', 'kill', 'log', 'errno:EPERM', 'errno:ENOSYS', 'errno:0'),
  syscalls: fc.array(group, { minLength: 1, maxLength: 4 }),
})
const policies = fc.record({
  extends: fc.constantFrom(...shippedPolicies()),
  network: fc.constantFrom('none', 'loopback'),
  proc: fc.constantFrom('full', 'pid', 'none'),
  terminal: fc.boolean(),
  seccomp: fc.record({ rules: fc.array(rule, { maxLength: 4 }) }),
  limits: fc.record({
    walltime: fc.constant('3s'),
    memory: fc.constantFrom('16MiB', '256MiB'),
    processes: fc.integer({ min: 1, max: 64 }),
    openFiles: fc.integer({ min: 3, max: 256 }),
    disk: fc.constantFrom('1MiB', '64MiB'),
  }),
})

test('a program under a random policy ends with a verdict, or the policy is refused with a reason', async () => {
  await forSeeds('policy', async (seed) => {
    const policy = sample(policies, seed) as PolicyInput
    try {
      const { status } = await runShell('ls / /proc /dev; id; echo x > /tmp/x; true | cat', {
        policy,
      })
      expect(verdicts).toContain(status)
      expectNothingLeft()
      return status
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error
      expect(error.message.length).toBeGreaterThan(20)
      expectNothingLeft()
      return error.code
    }
  })
})

/** Actions of a program on its standard streams, in any order. */
const deeds = [
  'exec 1>&-',
  'exec 0<&-',
  'exec 2>&-',
  'exec 1>&2',
  'exec 3>/proc/self/fd/1',
  'exec 4<>/proc/self/fd/1',
  'exec 5</proc/self/fd/0',
  'head -c 70000 /dev/zero',
  'head -c 70000 /dev/zero >&2 &',
  'cat',
  'head -c 10',
  'sleep 0.01',
  '(sleep 0.05; echo late) &',
  'setsid sh -c "sleep 0.05; echo later" &',
  'kill -STOP $$ &',
  'kill -9 -1',
]

test('random behaviour on the standard streams ends with a verdict in time', async () => {
  const script = fc.array(fc.constantFrom(...deeds), { minLength: 1, maxLength: 8 })
  await forSeeds('streams', async (seed) => {
    const options = { stdin: 'x'.repeat(seed % 200_000), limits: { walltime: '2s' } }
    const command = sample(script, seed).join('\n')
    const run = await sandboxed('sh', ['-c', command], options)
    expect(verdicts).toContain(run.status)
    expectNothingLeft()
    return run.status
  })
})
