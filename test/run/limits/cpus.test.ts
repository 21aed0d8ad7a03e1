import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { createSandbox, type SandboxOptions, sandboxed } from '../../../src/index.ts'
import { runC } from '../support/programs.ts'
import { lacks } from '../support/tools.ts'

const processors = availableParallelism()
const policies: [string, SandboxOptions['policy']][] = [
  ['strict', 'strict'],
  ['a policy without a filter', 'kiss'],
  ['a policy that logs', { extends: 'strict', seccomp: { default: 'log', rules: [] } }],
]

describe.each(policies)('under %s a program', (_, policy = 'strict') => {
  test('has one processor by default', async () => {
    const run = await sandboxed('nproc', [], { policy })
    expect(run).toHaveStdout('1\n')
    expect(run.limits.cpus).toBe(1)
    expect(run.enforcement.cpus).toBe('affinity')
  })

  test('has as many processors as its limit says, at most as many as the machine has', async () => {
    const many = await sandboxed('nproc', [], { policy, limits: { cpus: 5000 } })
    expect(many).toHaveStdout(`${processors}\n`)
    const all = await sandboxed('nproc', [], { policy, limits: { cpus: 'all' } })
    expect(all).toHaveStdout(`${processors}\n`)
  })

  test.skipIf(lacks('gcc'))(
    'cannot get more processors by asking the kernel for them',
    async () => {
      const run = await runC('widen-affinity', [], { policy })
      expect(run).toHaveStdout('0 0 1\n')
    },
  )

  test('from the pool has the same number of processors', async () => {
    const run = createSandbox({ warm: 2, policy, limits: { cpus: 2 } })
    for (let count = 0; count < 3; count++) {
      expect(await run('nproc')).toHaveStdout(`${Math.min(2, processors)}\n`)
    }
  })
})

test.skipIf(lacks('gcc'))(
  'a policy that kills for sched_setaffinity still binds its program, and still kills',
  async () => {
    const policy = {
      extends: 'strict',
      seccomp: { rules: [{ action: 'kill', syscalls: ['sched_setaffinity'] }] },
    }
    expect(await sandboxed('nproc', [], { policy })).toHaveStdout('1\n')
    const run = await runC('widen-affinity', [], { policy })
    expect(run).toBeKilledBySeccomp('sched_setaffinity')
  },
)

test.skipIf(lacks('gcc'))(
  'threads of a program share its processor: its CPU time is no more than its wall time',
  async () => {
    const run = await runC('spin-threads', ['4'], { limits: { walltime: 500 } })
    expect(run).toExceedWalltime()
    expect(run.usage.cpuTimeMs).toBeLessThan(run.usage.wallTimeMs * 1.1)
  },
)

// On a really busy machine the run may still be starved. Then it waited, and got little CPU time.
test.skipIf(lacks('gcc')).each([4, 16])(
  '%i threads do not let a program wait for a processor',
  async (threads) => {
    const run = await runC('spin-threads', [`${threads}`], {
      limits: { walltime: 500, cpu: '10s' },
    })
    const { waitTimeMs = 0, wallTimeMs, cpuTimeMs } = run.usage
    expect(waitTimeMs).toBeLessThanOrEqual(wallTimeMs - cpuTimeMs)
    if (wallTimeMs - cpuTimeMs <= wallTimeMs / 2) expect(run.reason).not.toContain('too busy')
  },
)
